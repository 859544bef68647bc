-- name: core.problem_tickets
-- grain: one problem with a ticket
-- kind: additive(problem_key)
-- from: core.fact_tickets_stored
-- description: How many tickets a problem explains; deleted ones do not count.
-- owner: core
-- audits: unique(problem_key)
select problem_key, 1::integer as tickets
from {{source}}
where problem_key is not null and not is_deleted
