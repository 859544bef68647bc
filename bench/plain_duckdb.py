"""The peer: plain DuckDB SQL that does the same SQL-able work on a demo folder: read, clean, de-duplicate, facts, summaries.
plain_duckdb.py FOLDER OUTPUT.duckdb. Same formats, same rules, all on DuckDB's own threads; no raw layer, no history, no checks, no marts."""

import os
import sys

import duckdb

folder, output = sys.argv[1], sys.argv[2]
if os.path.exists(output):
    os.remove(output)
c = duckdb.connect(output)
c.execute("set preserve_insertion_order = false; set timezone = 'UTC'; create schema operational; create schema core")
ENTITIES = ["groups", "departments", "agents", "requesters", "assets", "problems", "changes", "surveys", "time_entries", "ticket_events"]
for entity in ENTITIES:
    order = "qualify row_number() over (partition by id order by updated_at desc) = 1" if entity in ("agents", "requesters") else ""
    c.execute(f"create table operational.{entity} as select * from read_csv('{folder}/{entity}.csv', header = true, ignore_errors = true) {order}")
when = lambda x: (f"coalesce(try_cast({x} as timestamptz)::timestamp, try_strptime({x}, '%d/%m/%Y %H:%M:%S'), "
                  f"case when length({x}) = 13 then make_timestamp(try_cast({x} as bigint) * 1000) end)")
columns = [r[0] for r in c.execute(f"describe from read_csv('{folder}/tickets/*.csv', all_varchar = true, ignore_errors = true)").fetchall()]
print("columns:", columns)
COLUMN = {"id": "Number", "subject": "Short description", "description": "Description", "status": "State", "priority": "Priority", "category": "Category",
          "requester": "Caller", "agent": "Assigned to", "created": "Opened", "updated": "Updated", "responded": "First response", "resolved": "Resolved"}
q = {k: f'"{v}"' for k, v in COLUMN.items()}
null = lambda x: f"nullif(nullif(trim({x}), ''), 'N/A')"
others = ", ".join(f'"{x}"' for x in columns if x not in COLUMN.values())
c.execute(f"""create table operational.tickets as
  select {q['id']} as id, {null(q['subject'])} as subject, {q['description']} as description,
    case {q['status']} when 'New' then 'Open' when 'In Progress' then 'Open' when 'On Hold' then 'Pending' else {q['status']} end as status,
    coalesce(regexp_replace({null(q['priority'])}, '^[0-9] - ', ''), 'Medium') as priority, coalesce({null(q['category'])}, 'General') as category,
    {q['requester']} as requester_id, {null(q['agent'])} as assigned_to, {when(q['created'])} as created_at, {when(q['updated'])} as updated_at,
    {when(q['responded'])} as first_response_at, {when(q['resolved'])} as resolved_at{', ' + others if others else ''}
  from read_csv('{folder}/tickets/*.csv', header = true, all_varchar = true, ignore_errors = true)
  qualify row_number() over (partition by {q['id']} order by {when(q['updated'])} desc) = 1""")
c.execute("""create table core.fact_tickets as
  select t.* exclude (subject, description), hash(t.requester_id) as customer_key, coalesce(hash(a.id), 0) as agent_key,
    strftime(t.created_at, '%Y%m%d')::integer as created_date_key, strftime(t.resolved_at, '%Y%m%d')::integer as resolved_date_key,
    case when t.first_response_at >= t.created_at then epoch_us(t.first_response_at - t.created_at) / 6e7 end as first_response_minutes,
    case when t.resolved_at >= t.created_at then epoch_us(t.resolved_at - t.created_at) / 36e8 end as resolution_hours,
    case when t.resolved_at < t.created_at then null else epoch_us(coalesce(t.resolved_at, timestamp '2026-01-01') - t.created_at) / 36e8 >
      case t.priority when 'Critical' then 4 when 'High' then 8 when 'Medium' then 24 else 72 end end as sla_breached
  from operational.tickets t left join operational.agents a on a.id = t.assigned_to""")
c.execute("create table core.fact_surveys as select s.*, score >= 0.8 * max_score as is_satisfied from operational.surveys s")
c.execute("create table core.fact_time_tracking as select e.*, e.minutes / 60.0 * a.hourly_cost as cost from operational.time_entries e left join operational.agents a on a.id = e.agent_id")
c.execute("""create table core.fact_assets as select a.id, m.month, a.cost from operational.assets a,
  lateral (select unnest(generate_series(date_trunc('month', coalesce(a.acquired_on, a.created_at)), timestamp '2026-01-01', interval 1 month)) as month) m""")
c.execute("""create table core.daily_ticket_summary as select created_at::date as ticket_date, priority, category, count(*) as ticket_count,
  avg(floor(resolution_hours)) as avg_resolution_time, count(*) filter (sla_breached) as sla_breach_count from core.fact_tickets group by all""")
c.execute("""create table core.hourly_ticket_stats as select date_trunc('hour', created_at) as hour_bucket, count(*) as ticket_count,
  count(*) filter (priority = 'Critical') as critical_count, avg(floor(first_response_minutes)) as avg_response_time from core.fact_tickets group by all""")
c.execute("checkpoint")
print(c.execute("select count(*), count(*) filter (sla_breached) from core.fact_tickets").fetchone())
