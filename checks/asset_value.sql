-- name: asset_value
-- severity: warn
-- entity: assets
-- description: The salvage value of an asset is not more than its cost, and its life is positive.
-- what_to_do: Correct cost, salvage_value or useful_life_months at the source; until then the book value is doubtful or missing.
select t.id, t.source, case when t.salvage_value > t.cost then 'salvage_value' else 'useful_life_months' end as field,
  case when t.salvage_value > t.cost then t.salvage_value::varchar else t.useful_life_months::varchar end as value,
  case when t.salvage_value > t.cost then 'Salvage value is more than the cost' else 'Useful life is not positive' end as message
from {{source}} t
where {{changed(t.key)}} and (t.salvage_value > t.cost or t.useful_life_months <= 0)
