-- name: core.dim_agent
-- grain: one version of an agent
-- kind: keyed(natural_key)
-- changed: select key from {{delta operational.agents}}
-- changed: select assigned_to_key from {{new operational.tickets}}
--   where assigned_to_key not in (select natural_key from core.dim_agent)
-- changed: select assigned_to_key from {{old operational.tickets}}
--   where assigned_to_key in (select natural_key from core.dim_agent where is_inferred)
-- changed: select agent_key from {{new operational.time_entries}}
--   where agent_key not in (select natural_key from core.dim_agent)
-- changed: select agent_key from {{old operational.time_entries}}
--   where agent_key in (select natural_key from core.dim_agent where is_inferred)
-- description: Agents with their history (type 2): a change of name, group, cost, hours or activity begins a version.
--   The first version is valid from 1970, so an agent that tickets named before its record came (is_inferred) keeps its key.
--   Key 0: unknown or nobody.
-- owner: core
-- audits: unique(agent_key), not_null(natural_key), not_null(name)
with versions as (
  -- Of versions that share updated_at only one ever held: the current state if it is among them, else the one that came last.
  -- Whether it is deleted the current state knows: a sweep marks the record, not its versions.
  select v.* replace (coalesce(o.is_deleted, v.is_deleted) as is_deleted)
  from operational.agent_versions v
  left join operational.agents o on o.key = v.key and o.row_hash = v.row_hash and {{changed(o.key)}}
  where {{changed(v.key)}}
  qualify row_number() over (partition by v.key, v.updated_at
    order by o.key is not null desc, v.run_id desc, v.position desc, v.row_hash desc) = 1
), compared as (
  select *, last_value(email) over member as latest_email, last_value(is_deleted) over member as latest_deleted,
    row_number() over earlier = 1 as is_first,
    lag((name, group_id, hourly_cost, weekly_hours, is_active)) over earlier
      is distinct from (name, group_id, hourly_cost, weekly_hours, is_active) as is_change
  from versions
  window earlier as (partition by key order by updated_at),
    member as (partition by key order by updated_at rows between unbounded preceding and unbounded following)
), kept as (
  select *, case when is_first then timestamp '1970-01-01' else updated_at end as valid_from
  from compared
  where is_first or is_change
), inferred as (
  select agent_key as key, source, agent_id as id from core.referenced_agents_by_tickets
  where {{changed(agent_key)}}
  union
  select agent_key, source, agent_id from core.referenced_agents_by_time_entries
  where {{changed(agent_key)}}
)
select version_key(key, valid_from) as agent_key, key as natural_key, source, id as agent_id, name,
  latest_email as email, group_id, hourly_cost, weekly_hours, is_active,
  valid_from, lead(valid_from) over (partition by key order by valid_from) as valid_to,
  lead(valid_from) over (partition by key order by valid_from) is null as is_current,
  false as is_inferred, latest_deleted as is_deleted
from kept
union all
select version_key(key, timestamp '1970-01-01'), key, source, id, id, null, null, null, null, null,
  timestamp '1970-01-01', null, true, true, false
from inferred
where key not in (select key from versions)
union all
select 0, 0, '', '', 'Unknown', null, null, null, null, null, timestamp '1970-01-01', null, true, false, false
where {{changed(0)}}
