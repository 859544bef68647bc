-- name: mart_financial.initiatives
-- grain: one initiative of deskhouse.toml
-- kind: view
-- description: Return on what was done to improve the desk, as declared in deskhouse.toml: ROI is (benefit - cost) / cost.
-- owner: finance
-- audits: unique(name)
select name, cost, benefit, (benefit - cost) / nullif(cost, 0) as roi
from {{setting initiatives}} i(name, cost, benefit)
