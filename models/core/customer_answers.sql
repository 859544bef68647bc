-- name: core.customer_answers
-- grain: one version of a requester
-- kind: additive(customer_key)
-- from: core.fact_surveys_stored
-- description: How many answers a requester gave to surveys, and how many of them were satisfied; deleted ones do not count.
-- owner: core
-- audits: unique(customer_key)
select customer_key, (is_satisfied is not null)::integer as answers, coalesce(is_satisfied, false)::integer as satisfied
from {{source}}
where not is_deleted and customer_key <> 0
