-- name: mart_service_desk.response_times
-- grain: month of creation, priority ('All': every priority together)
-- kind: view
-- description: Minutes from creation to the first answer: mean, median (half are faster) and p90 (nine of ten are faster).
-- owner: service desk
-- audits: unique(month, priority), not_null(month)
select created_month as month, coalesce(priority, 'All') as priority,
  count(*) as answered,
  sum(epoch_us(first_response_at) - epoch_us(created_at)) / count(*) / 60000000 as mean_minutes,
  quantile_cont(first_response_minutes, 0.5) as p50_minutes,
  quantile_cont(first_response_minutes, 0.9) as p90_minutes
from core.fact_tickets_stored
where first_response_minutes is not null and not is_deleted
group by grouping sets ((month, priority), (month))
