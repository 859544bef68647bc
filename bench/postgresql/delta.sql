-- What happened after the first load: one in a hundred tickets changed (four fifths of them in the last tenth), and one in a
-- thousand is new. psql variable: tickets, as for desk.sql.
create table draw.changed as
select id, timestamp '2026-01-01' + make_interval(secs => 60 + draw.below(id, 80, 7000)) as at
from (
  (select id from tickets where id > :tickets * 9 / 10 and id % 5434 <> 0 order by draw.unit(id, 81) limit :tickets * 8 / 1000)
  union all
  (select id from tickets where id <= :tickets * 9 / 10 and id % 5434 <> 0 order by draw.unit(id, 81) limit :tickets * 2 / 1000)
) chosen;

update tickets t set
  updated_at = c.at,
  description = description || ' [edited]',
  priority = case when draw.unit(t.id, 82) < 0.5 then draw.one(t.id, 83, '{Low,Medium,High,Urgent}') else priority end,
  assigned_to = case when draw.unit(t.id, 84) < 0.3 then 1 + draw.below(t.id, 85, 200) else assigned_to end,
  status = case when closes then 'closed' else status end,
  first_response_at = case when closes then coalesce(first_response_at, least(c.at, created_at + interval '10 minutes')) else first_response_at end,
  resolved_at = case when closes then c.at else resolved_at end
from draw.changed c, lateral (select draw.unit(c.id, 86) < 0.6 as wants) w, lateral (select id, resolved_at is null and wants as closes from tickets s where s.id = c.id) n
where t.id = c.id;

insert into tickets
select :tickets + id, subject, description, 'open', priority, category, at, at, null, null, assigned_to, requester_id, department_id
from tickets, lateral (select timestamp '2026-01-01' + make_interval(secs => draw.below(id, 87, 7200)) as at) a
where id <= :tickets / 1000;

vacuum analyze tickets;
checkpoint;
