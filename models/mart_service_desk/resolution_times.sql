-- name: mart_service_desk.resolution_times
-- grain: month of resolution, priority ('All': every priority together)
-- kind: view
-- description: Hours from creation to resolution: mean, median (half are faster) and p90 (nine of ten are faster). Tickets that are
--   open again, and those resolved before they were created, are left out.
-- owner: service desk
-- audits: unique(month, priority), not_null(month)
select resolved_month as month, coalesce(priority, 'All') as priority,
  count(*) as resolved,
  sum(epoch_us(resolved_at) - epoch_us(created_at)) / count(*) / 3600000000 as mean_hours,
  quantile_cont(resolution_hours, 0.5) as p50_hours,
  quantile_cont(resolution_hours, 0.9) as p90_hours
from core.fact_tickets_stored
where resolution_hours is not null and not is_open and not is_deleted
group by grouping sets ((month, priority), (month))
