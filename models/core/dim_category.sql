-- name: core.dim_category
-- grain: one category and sub-category
-- kind: view
-- description: Categories and sub-categories that tickets name. Key 0: unknown.
-- owner: core
-- audits: unique(category_key), not_null(category)
select category_key, category, nullif(sub_category, '') as sub_category
from core.category_counts
union all
select 0, 'Unknown', null
