-- The operational database of the benchmark, made inside the server: nine tables with as many rows, as wide and as flawed
-- as a desk's own. Each value is a function of the row's number, so that every server makes the same rows.
-- psql variable: tickets (their number; requesters, assets, changes and problems grow with it).
--
-- Planted: 184 in a million ids twice (two desks were merged; tickets has no primary key), agents that do not exist,
-- tickets resolved before they were created, missing priorities and categories, categories in small letters and with
-- blanks, texts with line breaks, quotes and letters beyond ASCII.
create schema draw;

-- A number in [0, 1) for a row and a purpose.
create function draw.unit(id bigint, purpose int) returns float8 language sql immutable parallel safe
return (hashint8extended(id, purpose) & 4294967295) / 4294967296.0::float8;

create function draw.below(id bigint, purpose int, n bigint) returns bigint language sql immutable parallel safe
return floor(draw.unit(id, purpose) * n)::bigint;

create function draw.one(id bigint, purpose int, choices text[]) returns text language sql immutable parallel safe
return choices[1 + draw.below(id, purpose, cardinality(choices))];

-- Seconds with this median, in hours, and a long tail; four uniform numbers are normal enough.
create function draw.seconds(id bigint, purpose int, median float8, sigma float8) returns float8 language sql immutable parallel safe
return floor(3600 * median * exp(sigma * 1.732 * (draw.unit(id, purpose) + draw.unit(id, purpose + 1)
  + draw.unit(id, purpose + 2) + draw.unit(id, purpose + 3) - 2)));

create function draw.later(at timestamp, seconds float8) returns timestamp language sql immutable parallel safe
return at + make_interval(secs => seconds);

-- What people write is made of 4,096 phrases of six words: looked up by joins, which is quick.
create table draw.phrases as
with words as (
  select '{the,printer,does,not,answer,since,monday,and,my,colleague,sees,same,message,after,login,window,stays,white,please,
    send,someone,today,invoice,report,opens,with,old,numbers,mail,from,supplier,never,arrives,phone,rings,twice,then,
    silence,badge,works,at,north,gate,only,new,laptop,needs,account,for,intern,who,starts,tomorrow,shared,folder,asks,
    again,password,expired,during,holiday,vpn,drops,every,hour,when,on,train,screen,turns,green,cable,was,replaced,
    already,help,restart,changed,nothing,server,room,is,warm,backup,tape,missing,license,ends,next,week,order,number,
    attached,picture,shows,error,scanner,saves,empty,pages,meeting,camera,upside,down,keyboard,lost,letter,projector,hums,
    loudly,calendar,entries,vanish,export,stops,halfway,customer,waits,urgent,thanks,query,runs,slowly,table,locked,by,
    job,night}'::text[] as word
)
select number, concat_ws(' ', word[1 + draw.below(number, 200, 128)], word[1 + draw.below(number, 201, 128)], word[1 + draw.below(number, 202, 128)],
  word[1 + draw.below(number, 203, 128)], word[1 + draw.below(number, 204, 128)], word[1 + draw.below(number, 205, 128)])
  || case when number % 4 = 0 then '.' when number % 4 = 1 then ',' else '' end as text
from words, generate_series(0::bigint, 4095) number;
alter table draw.phrases add primary key (number);
analyze draw.phrases;

-- The number of the phrase that stands at this place of a text.
create function draw.phrase(id bigint, purpose int, place int) returns bigint language sql immutable parallel safe
return (hashint8extended(id, purpose) >> (12 * place)) & 4095;

create function draw.person(id bigint, purpose int) returns text language sql immutable parallel safe
return draw.one(id, purpose, '{Aylin,Bram,Chiara,Dmitri,Esra,Femke,Gustavo,Hana,Ilse,João,Kofi,Lotte,Mehmet,Nadia,Oskar,Priyanka,Rafał,Søren,Thuy,Wim}')
  || ' ' || draw.one(id, purpose + 1, '{Aalto,Bakker,Costa,Demir,Evans,Fontaine,Groß,Hashimoto,Ibrahim,Jansen,Kowalski,Lindqvist,Moreau,Nair,O''Neill,Peeters,Ruiz,Sato,Tamm,Visser}');

create table departments (id int primary key, name text not null, cost_center text, region text);
insert into departments
select n, (array['Treasury', 'Payroll', 'Design', 'Sales', 'Brand', 'Law', 'Plants', 'Care', 'Laboratory', 'Shipping', 'Buying', 'Buildings'])[1 + n % 12]
  || ' ' || n / 12 + 1, 'CC' || 1000 + n, (array['North', 'South', 'East', 'West', 'Centre'])[1 + n % 5]
from generate_series(1, 60) n;

create table agents (id int primary key, name text not null, email text, team text, level int, active boolean, hired_at date, department_id int);
insert into agents
select n, draw.person(n, 100), 'agent' || n || '@desk.example',
  draw.one(n, 102, '{Front Desk,Networks,Workplace,Identity,Applications,Platforms,Security,Field}'), 1 + draw.below(n, 103, 3),
  draw.unit(n, 104) < 0.93, date '2023-01-01' - draw.below(n, 105, 2500)::int, 1 + draw.below(n, 106, 60)
from generate_series(1, 200) n;

create table requesters (id int primary key, name text not null, email text, department_id int, location text, vip boolean, created_at timestamp);
insert into requesters
select n, draw.person(n, 110), 'user' || n || '@corp.example', 1 + draw.below(n, 112, 60), 'Building ' || 1 + draw.below(n, 113, 12),
  draw.unit(n, 114) < 0.02, timestamp '2023-01-01' - make_interval(days => draw.below(n, 115, 1500)::int)
from generate_series(1, :tickets / 50) n;

create table assets (id int primary key, asset_tag text, type text, model text, vendor text, status text, purchase_date date,
  purchase_cost numeric(10, 2), warranty_until date, owner_id int, department_id int, updated_at timestamp);
insert into assets
select n, 'AT-' || 100000 + n, draw.one(n, 120, '{Laptop,Desktop,Monitor,Phone,Printer,Server,Switch,Dock,Tablet,Headset}'),
  vendor || ' ' || 1000 + 10 * draw.below(n, 121, 40), vendor,
  case when draw.unit(n, 122) < 0.8 then 'in_use' else draw.one(n, 123, '{in_use,in_stock,repair,retired,lost}') end, bought,
  round((40 + 2400 * draw.unit(n, 124))::numeric, 2), case when draw.unit(n, 125) > 0.05 then bought + 365 * (1 + draw.below(n, 126, 4)::int) end,
  case when draw.unit(n, 127) > 0.12 then 1 + draw.below(n, 128, :tickets / 50) end, 1 + draw.below(n, 129, 60),
  least(timestamp '2025-12-31 23:59:59', draw.later(bought, draw.below(n, 130, 300 * 86400)))
from generate_series(1, :tickets / 20) n,
  lateral (select draw.one(n, 131, '{Dell,HP,Lenovo,Apple,Cisco,Samsung,Logitech,Brother}') as vendor,
    date '2021-02-01' + draw.below(n, 132, 1690)::int as bought) d;

-- When people write: in office hours, more on Mondays, more every year. How many tickets each hour of three years has.
create table draw.hours as
with weights as (
  select hour, (array[3, 2, 2, 2, 2, 4, 10, 24, 52, 68, 70, 64, 48, 54, 62, 60, 52, 38, 22, 16, 12, 10, 7, 4])[1 + extract(hour from hour)::int]
    * (array[1.25, 1.1, 1.05, 1.0, 0.9, 0.22, 0.16])[extract(isodow from hour)::int]
    * (1 + 0.25 * (hour::date - date '2023-01-01') / 1096.0) as weight
  from generate_series(timestamp '2023-01-01', timestamp '2025-12-31 23:00', interval '1 hour') hour
), shares as (
  select hour, sum(weight) over (order by hour) / sum(weight) over () as upto from weights
)
select hour, round(lag(upto, 1, 0) over (order by hour) * :tickets)::bigint + 1 as first, round(upto * :tickets)::bigint as last from shares;

create table changes (id int primary key, title text, type text, risk text, status text, planned_start timestamp, planned_end timestamp,
  actual_start timestamp, actual_end timestamp, requested_by int, assigned_to int, created_at timestamp, updated_at timestamp);
insert into changes
select n, initcap(left(p1.text || ' ' || p2.text, (40 + draw.below(n, 143, 10))::int)), draw.one(n, 144, '{standard,normal,emergency}'), draw.one(n, 145, '{low,medium,high}'),
  draw.one(n, 146, '{draft,approved,implemented,closed,failed}'), start, ready, case when done then draw.later(start, draw.below(n, 147, 1800)) end,
  case when done then draw.later(ready, draw.below(n, 148, 7200)) end, 1 + draw.below(n, 149, :tickets / 50), 1 + draw.below(n, 150, 200),
  at, case when done then draw.later(ready, 7200) else at end
from generate_series(1, :tickets / 50) n,
  lateral (select timestamp '2023-01-01' + make_interval(secs => floor(1050 * 86400 * (n - draw.unit(n, 151)) / (:tickets / 50))) as at) a,
  lateral (select draw.later(at, 86400 * (1 + draw.below(n, 152, 14))) as start) b,
  lateral (select draw.later(start, 3600 * (1 + draw.below(n, 153, 8))) as ready, draw.unit(n, 154) < 0.85 as done) c,
  draw.phrases p1, draw.phrases p2
where p1.number = draw.phrase(n, 140, 0)
  and p2.number = draw.phrase(n, 140, 1);

create table problems (id int primary key, title text, status text, priority text, root_cause text, assigned_to int, created_at timestamp,
  resolved_at timestamp, updated_at timestamp);
insert into problems
select n, initcap(left(p1.text || ' ' || p2.text, (50 + draw.below(n, 163, 10))::int)), draw.one(n, 164, case when done then '{resolved,closed}' else '{open,known_error}' end::text[]),
  draw.one(n, 165, '{Low,Medium,High,Urgent}'), case when done then initcap(left(q1.text || ' ' || q2.text, (30)::int)) end, 1 + draw.below(n, 169, 200), at,
  case when done then solved end, case when done then solved else at end
from generate_series(1, :tickets / 200) n,
  lateral (select timestamp '2023-01-01' + make_interval(secs => floor(1030 * 86400 * (n - draw.unit(n, 170)) / (:tickets / 200))) as at,
    draw.unit(n, 171) < 0.8 as done) a,
  lateral (select draw.later(at, 86400 * (1 + draw.below(n, 172, 60))) as solved) b,
  draw.phrases p1, draw.phrases p2, draw.phrases q1, draw.phrases q2
where p1.number = draw.phrase(n, 160, 0)
  and p2.number = draw.phrase(n, 160, 1)
  and q1.number = draw.phrase(n, 166, 0)
  and q2.number = draw.phrase(n, 166, 1);

create table tickets (id bigint not null, subject text, description text, status text, priority text, category text, created_at timestamp,
  updated_at timestamp, first_response_at timestamp, resolved_at timestamp, assigned_to int, requester_id int, department_id int);
insert into tickets
with born as (
  select id, draw.later(hour, draw.below(id, 1, 3600)) as created_at, draw.unit(id, 2) as u,
    1 + floor(draw.unit(id, 3) * (:tickets / 50) * (0.5 + 0.5 * draw.unit(id, 4)))::int as requester_id  -- some write more often
  from draw.hours, generate_series(first, last) id
), answered as (
  select *, case when u < 0.28 then 1 when u < 0.75 then 2 when u < 0.94 then 3 else 4 end as urgency,
    draw.later(created_at, 60 + draw.seconds(id, 5, case when u < 0.28 then 4 when u < 0.75 then 1.6 when u < 0.94 then 0.5 else 0.15 end, 0.9)) as first_at
  from born
), solved as (
  select *, greatest(first_at, draw.later(created_at, 300 + draw.seconds(id, 10, (array[30, 11, 4.5, 1.9])[urgency], 1.05))) as solved_at
  from answered
), ended as (
  select *, draw.unit(id, 15) > 0.015 and solved_at < timestamp '2026-01-01' as is_solved, first_at < timestamp '2026-01-01' as is_answered,
    draw.unit(id, 16) < 0.002 as is_backwards
  from solved
)
select id, draw.one(id, 20, '{Cannot open,Trouble with,Please order,Error from,Very slow:,Spare part for,Question on,No sign of,Unlock,Set up}') || ' '
    || draw.one(id, 21, '{VPN,mailbox,laptop,shared folder,printer,payroll client,Wi-Fi,token,sales report,phone line,docking station,badge,database,meeting room,tablet}')
    || case when draw.unit(id, 22) < 0.01 then ', again "at once"' else '' end,
  left(concat_ws(' ', p1.text, p2.text, p3.text, p4.text, p5.text, p6.text, p7.text, p8.text), 120 + draw.below(id, 38, 160)::int)
    || case when draw.unit(id, 39) < 0.008 then E'\nTried: "one, two"\n' when draw.unit(id, 39) < 0.03 then ' Prüfung – déjà vu ✓' else '' end,
  case when is_solved or is_backwards then case when draw.unit(id, 23) < 0.8 then 'closed' else 'resolved' end
    when is_answered then draw.one(id, 24, '{open,in_progress,pending}') else 'open' end,
  case when draw.unit(id, 25) > 0.02 then (array['Low', 'Medium', 'High', 'Urgent'])[urgency] end,
  case when draw.unit(id, 26) > 0.03 then
    case when draw.unit(id, 28) < 0.0025 then lower(category) when draw.unit(id, 28) < 0.005 then ' ' || lower(category) || ' ' else category end end,
  created_at,
  greatest(draw.later(created_at, 1),
    case when is_solved then least(draw.later(solved_at, draw.below(id, 29, 86400)), timestamp '2025-12-31 23:59:59')
      when is_answered then first_at else created_at end),
  case when is_answered then first_at end,
  case when is_backwards then draw.later(created_at, -3600 - draw.below(id, 40, 3 * 86400)) when is_solved then solved_at end,
  case when draw.unit(id, 41) < 0.001 then 900000 + draw.below(id, 42, 500) when draw.unit(id, 41) > 0.02 then 1 + draw.below(id, 43, 200) end,
  requester_id, 1 + draw.below(requester_id, 112, 60)
from ended, lateral (select draw.one(id, 27, '{Hardware,Hardware,Hardware,Hardware,Software,Software,Software,Software,Software,Network,Network,Network,
  Access,Access,Access,Access,Email,Email,Printer,Database,Security,Telephony,Mobile,Onboarding,Other}') as category) c,
  draw.phrases p1, draw.phrases p2, draw.phrases p3, draw.phrases p4, draw.phrases p5, draw.phrases p6, draw.phrases p7, draw.phrases p8
where p1.number = draw.phrase(id, 30, 0)
  and p2.number = draw.phrase(id, 30, 1)
  and p3.number = draw.phrase(id, 30, 2)
  and p4.number = draw.phrase(id, 30, 3)
  and p5.number = draw.phrase(id, 31, 0)
  and p6.number = draw.phrase(id, 31, 1)
  and p7.number = draw.phrase(id, 31, 2)
  and p8.number = draw.phrase(id, 31, 3);

create table surveys (id bigint primary key, ticket_id bigint, requester_id int, score int, comment text, submitted_at timestamp);
insert into surveys
select id, id, requester_id, 5 - floor(5 * draw.unit(id, 50) ^ 2)::int, case when draw.unit(id, 51) < 0.25 then initcap(left(p1.text || ' ' || p2.text, (30 + draw.below(id, 55, 66))::int)) end,
  draw.later(greatest(resolved_at, created_at), 600 + draw.below(id, 56, 2 * 86400))
from tickets,
  draw.phrases p1, draw.phrases p2
where p1.number = draw.phrase(id, 52, 0)
  and p2.number = draw.phrase(id, 52, 1)
  and resolved_at is not null and draw.unit(id, 57) < 0.307;

create table time_entries (id bigint primary key, ticket_id bigint, agent_id int, minutes int, billable boolean, started_at timestamp, note text);
insert into time_entries
select entry, ticket, agent, 5 + draw.below(entry, 60, 115), draw.unit(entry, 61) < 0.3, draw.later(created_at, 900 + draw.below(entry, 62, 86400)),
  case when draw.unit(entry, 63) < 0.4 then initcap(left(p1.text || ' ' || p2.text, (20 + draw.below(entry, 67, 46))::int)) end
from (
  select t.id * 5 + n - 1 as entry, t.id as ticket, t.created_at,
    case when t.assigned_to < 900000 then t.assigned_to else 1 + draw.below(t.id, 68, 200) end as agent
  from tickets t, lateral (select draw.unit(t.id, 69) as u) d,
    generate_series(1, case when u < 0.18 then 0 when u < 0.6 then 1 when u < 0.82 then 2 when u < 0.92 then 3 when u < 0.97 then 4 else 5 end) n
) e,
  draw.phrases p1, draw.phrases p2
where p1.number = draw.phrase(entry, 64, 0)
  and p2.number = draw.phrase(entry, 64, 1);

-- The other desk's older versions of tickets that both had.
insert into tickets
select id, subject, description, 'open', priority, category, created_at, date_trunc('second', created_at + (updated_at - created_at) / 2),
  null, null, assigned_to, requester_id, department_id
from tickets where id % 5434 = 0;

create index on tickets (id);
create index on tickets (updated_at);
create index on surveys (ticket_id);
create index on time_entries (ticket_id);
vacuum analyze;
checkpoint;
