"""What a good DuckDB script does: reads the nine tables with DuckDB's PostgreSQL scanner, keeps them raw, cleans and de-duplicates the
tickets, and makes facts, dimensions and the two summaries. No quarantine, no history, no calendars, no checks, no marts.

plain_duckdb.py full|incremental WAREHOUSE. The server is named by PGHOST and the like."""

import glob
import os
import pathlib
import sys


TABLES = ("departments", "agents", "requesters", "assets", "changes", "problems", "tickets", "surveys", "time_entries")
APPENDED = {"surveys": "id", "time_entries": "id"}
CHANGED = {"tickets": "updated_at", "assets": "updated_at", "changes": "updated_at", "problems": "updated_at"}
NOW = "timestamp '2026-01-02'"


def connect(path):
    import duckdb
    import duckdb_extension_postgres_scanner
    connection = duckdb.connect(path)
    folder = pathlib.Path(duckdb_extension_postgres_scanner.__file__).parent
    (extension,) = glob.glob(f"{folder}/extensions/*/postgres_scanner.duckdb_extension")
    connection.execute(f"load '{extension}'")
    connection.execute("attach '' as pg (type postgres, read_only)")
    return connection


def cleaned(tickets):
    """Tickets, one row an id, with the values and measures that facts have."""
    return f"""
      select t.id as ticket_id, t.subject, t.description, t.status, coalesce(t.priority, 'Medium') as priority,
        coalesce(nullif(upper(trim(t.category)[1]) || lower(trim(t.category)[2:]), ''), 'Uncategorized') as category,
        t.created_at, t.updated_at, t.first_response_at, t.resolved_at, coalesce(a.id, 0) as agent_key, t.requester_id as customer_key,
        t.department_id, l.target_hours,
        case when t.resolved_at >= t.created_at then epoch(t.resolved_at - t.created_at) / 3600 end as resolution_hours,
        epoch(t.first_response_at - t.created_at) / 60 as first_response_minutes,
        case when t.resolved_at is null then {NOW} - t.created_at > to_hours(l.target_hours)
          else t.resolved_at >= t.created_at and epoch(t.resolved_at - t.created_at) > l.target_hours * 3600 end as sla_breached
      from (from {tickets} qualify row_number() over (partition by id order by updated_at desc) = 1) t
      join (values ('Urgent', 4), ('High', 8), ('Medium', 24), ('Low', 72)) l(priority, target_hours)
        on l.priority = coalesce(t.priority, 'Medium')
      left join raw.agents a on a.id = t.assigned_to"""


SURVEYS = "select id as survey_id, ticket_id, requester_id as customer_key, score, comment, submitted_at from {}"
TIME = """select e.id as entry_id, e.ticket_id, coalesce(a.id, 0) as agent_key, e.minutes, e.billable, e.started_at, e.note
  from {} e left join raw.agents a on a.id = e.agent_id"""
DIMENSIONS = f"""
  create or replace table dim_agent as select 0 as agent_key, 'Unknown' as name, null as email, null as team, null as level, null as department
    union all select a.id, a.name, a.email, a.team, a.level, d.name from raw.agents a left join raw.departments d on d.id = a.department_id;
  create or replace table dim_customer as select 0 as customer_key, 'Unknown' as name, null as email, null as department, null as vip
    union all select r.id, r.name, r.email, d.name, r.vip from raw.requesters r left join raw.departments d on d.id = r.department_id;
  create or replace table fact_assets as select id as asset_id, asset_tag, type, model, vendor, status, owner_id, department_id, purchase_date,
    purchase_cost, warranty_until, warranty_until >= date '2026-01-02' as in_warranty, updated_at from raw.assets;
  create or replace table dim_category as select row_number() over (order by category) as category_key, category
    from (select distinct category from fact_tickets);"""
SUMMARIES = """
  create or replace table daily_ticket_summary as
    select created_at::date as ticket_date, priority, category, count(*) as ticket_count, avg(resolution_hours) as avg_resolution_hours,
      count(*) filter (sla_breached) as sla_breach_count from fact_tickets group by all;
  create or replace table hourly_ticket_stats as
    with created as (select date_trunc('hour', created_at) as hour, count(*) as tickets, avg(first_response_minutes) as response
                     from fact_tickets group by all),
      resolved as (select date_trunc('hour', resolved_at) as hour, count(*) as tickets from fact_tickets where resolved_at is not null group by all)
    select coalesce(c.hour, r.hour) as hour, coalesce(c.tickets, 0) as created, coalesce(r.tickets, 0) as resolved, c.response
    from created c full join resolved r on r.hour = c.hour"""


def full(connection):
    connection.execute("create schema raw")
    for table in TABLES:
        connection.execute(f"create table raw.{table} as from pg.{table}")
    connection.execute(f"create table fact_tickets as {cleaned('raw.tickets')}")
    connection.execute("create table fact_surveys as " + SURVEYS.format("raw.surveys"))
    connection.execute("create table fact_time as " + TIME.format("raw.time_entries"))


def incremental(connection):
    for table in ("departments", "agents", "requesters"):
        connection.execute(f"create or replace table raw.{table} as from pg.{table}")
    for table, column in {**APPENDED, **CHANGED}.items():
        (last,) = connection.execute(f"select max({column}) from raw.{table}").fetchone()
        connection.execute(f"create temp table new_{table} as from pg.{table} where {column} > '{last}'")
        connection.execute(f"delete from raw.{table} where id in (select id from new_{table}); insert into raw.{table} from new_{table}")
    connection.execute(f"""begin; create temp table changed as {cleaned('new_tickets')};
      delete from fact_tickets where ticket_id in (select ticket_id from changed); insert into fact_tickets by name from changed; commit""")
    connection.execute("insert into fact_surveys " + SURVEYS.format("new_surveys"))
    connection.execute("insert into fact_time " + TIME.format("new_time_entries"))


if __name__ == "__main__":
    how, path = sys.argv[1:]
    if how == "full" and os.path.exists(path):
        os.remove(path)
    with connect(path) as warehouse:
        {"full": full, "incremental": incremental}[how](warehouse)
        warehouse.execute(DIMENSIONS)
        warehouse.execute(SUMMARIES)
        warehouse.execute("checkpoint")
