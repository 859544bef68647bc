-- name: requesters_unique_email
-- severity: warn
-- entity: requesters
-- description: No two requesters of a source that are not deleted have the same e-mail address.
-- what_to_do: Merge the two at the source; until then the tickets of one person are counted as those of two.
with shared as (
  select source, email from operational.requesters where not is_deleted and email <> '' group by source, email having count(*) > 1)
select t.id, t.source, 'email' as field, t.email as value, 'an address that no other of requesters has' as expected,
  'Another record has the same e-mail address' as message
from {{source}} t semi join shared s on s.source = t.source and s.email = t.email
where {{changed(t.key)}} and not t.is_deleted
