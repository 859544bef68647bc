-- name: core.fact_assets_stored
-- grain: one asset and month, from the month of purchase (else of its record) to the current month
-- kind: keyed(asset_key)
-- changed: select key from {{delta operational.assets}}
-- changed: select key from operational.assets
--   where date_trunc('month', reporting_date({{as_of}})) <> date_trunc('month', reporting_date({{previous_as_of}}))
-- description: Book value of each asset at the end of each month and what it lost in that month (in the first one: since it was bought), as
--   stored; core.fact_assets adds what follows from it and the incidents.
-- owner: core
-- audits: unique(asset_key, month), not_null(month)
with started as (
  select *, coalesce(acquired_on, reporting_date(created_at)) as in_service_on,
    date_trunc('month', coalesce(acquired_on, reporting_date(created_at), reporting_date({{as_of}})))::date as first_month,
    date_trunc('month', reporting_date({{as_of}}))::date as last_month
  from {{rows operational.assets.key}}
), months as (
  select *, unnest(range(0, date_diff('month', first_month, last_month) + 1)) as months_in_use
  from started
)
select key as asset_key, (first_month + to_months(months_in_use::integer))::date as month, months_in_use, in_service_on,
  coalesce(asset_type, 'Unknown') as asset_type, cost, months_in_use >= useful_life_months as past_end_of_life,
  book_value(depreciation, cost, salvage_value, useful_life_months, months_in_use) as book_value,
  (case when months_in_use = 0 then cost else book_value(depreciation, cost, salvage_value, useful_life_months, months_in_use - 1) end
    - book_value(depreciation, cost, salvage_value, useful_life_months, months_in_use))::decimal(18, 4) as depreciation,
  is_deleted
from months
