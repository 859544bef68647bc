-- name: core.dim_customer
-- grain: one version of a requester
-- kind: keyed(requester_key)
-- changed: select key from {{delta operational.requesters}}
-- changed: select requester_key from {{new operational.tickets}} t
--   where not exists (select 1 from core.dim_customer c where c.requester_key = t.requester_key)
-- changed: select requester_key from {{old operational.tickets}}
--   where requester_key in (select requester_key from core.dim_customer where is_inferred)
-- slices: operational.requester_versions.key
-- description: Requesters with their history (type 2): a change of name, department, location or VIP flag begins a version.
--   The first version is valid from 1970, so a requester that tickets named before its record came (is_inferred) keeps its key.
--   Key 0: unknown.
-- owner: core
-- audits: unique(customer_key), not_null(requester_key), not_null(name)
with versions as (
  -- Of versions that share updated_at only one ever held: the current state if it is among them, else the one that came last.
  -- Whether it is deleted the current state knows: a sweep marks the record, not its versions.
  select v.* replace (coalesce(o.is_deleted, v.is_deleted) as is_deleted)
  from operational.requester_versions v
  left join operational.requesters o on o.key = v.key and o.row_hash = v.row_hash and {{changed(o.key)}}
  where {{changed(v.key)}}
  qualify row_number() over (partition by v.key, v.updated_at
    order by o.key is not null desc, v.run_id desc, v.position desc, v.row_hash desc) = 1
), compared as (
  select *, last_value(email) over member as latest_email, last_value(is_deleted) over member as latest_deleted,
    row_number() over earlier = 1 as is_first,
    lag((name, department_id, location, is_vip)) over earlier
      is distinct from (name, department_id, location, is_vip) as is_change
  from versions
  window earlier as (partition by key order by updated_at),
    member as (partition by key order by updated_at rows between unbounded preceding and unbounded following)
), kept as (
  select *, case when is_first then timestamp '1970-01-01' else updated_at end as valid_from
  from compared
  where is_first or is_change
), inferred as (
  select distinct requester_key as key, source, requester_id as id
  from operational.tickets
  where {{changed(requester_key)}} and requester_key not in (select key from operational.requester_versions)
)
select version_key(key, valid_from) as customer_key, key as requester_key, source, id as requester_id, name,
  latest_email as email, department_id, department_key, location, is_vip,
  valid_from, lead(valid_from) over (partition by key order by valid_from) as valid_to,
  lead(valid_from) over (partition by key order by valid_from) is null as is_current,
  false as is_inferred, latest_deleted as is_deleted
from kept
union all
select version_key(key, timestamp '1970-01-01'), key, source, id, id, null, null, null, null, null,
  timestamp '1970-01-01', null, true, true, false
from inferred
union all
select 0, 0, '', '', 'Unknown', null, null, null, null, null, timestamp '1970-01-01', null, true, false, false
where {{changed(0)}}
