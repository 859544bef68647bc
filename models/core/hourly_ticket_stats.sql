-- name: core.hourly_ticket_stats
-- grain: hour_bucket
-- kind: additive(hour_bucket)
-- from: core.fact_tickets_stored
-- derive: avg_response_time = response_minutes_sum / nullif(responded_count, 0)
-- description: Tickets by hour of creation; avg_response_time is the mean of whole elapsed minutes of the answered ones.
-- owner: core
-- audits: unique(hour_bucket)
select reporting_hour(created_at) as hour_bucket,
  1::integer as ticket_count,
  (priority = 'Critical')::integer as critical_count,
  (first_response_minutes is not null)::integer as responded_count,
  case when first_response_minutes is null then 0
    else (epoch_us(first_response_at) - epoch_us(created_at)) // 60000000 end as response_minutes_sum
from {{source}}
where not is_deleted
