-- name: core.category_counts
-- grain: category, sub_category
-- kind: additive(category_key, category, sub_category)
-- from: core.fact_tickets_stored
-- description: How many tickets, deleted ones too, name a category and sub-category; what core.dim_category lists.
-- owner: core
-- audits: unique(category_key)
select category_key, category, coalesce(sub_category, '') as sub_category, 1::integer as tickets
from {{source}}
