"""What Deskhouse must hold of a Request Tracker: read from RT's tables by queries that know nothing of the mapping in
examples/request-tracker, and put into its words by plain code. Works on every database that RT does."""

import collections
import itertools
import json

STATUS = {"new": "Open", "open": "Open", "stalled": "Pending", "resolved": "Resolved", "rejected": "Closed", "deleted": "Closed"}
ENDED = ("Resolved", "Closed")
NEVER = ("1970-01-01 00:00:00", None)
NOT_PEOPLE = ("RT_System", "Nobody")

TICKETS = """
with history as (select ObjectId as ticket, id, Type, Creator, Created from Transactions where ObjectType = 'RT::Ticket'),
askers as (
  select g.Instance as ticket, m.MemberId as person, row_number() over (partition by g.Instance order by m.id) as place
  from Groups g join GroupMembers m on m.GroupId = g.id where g.Domain = 'RT::Ticket-Role' and g.Name = 'Requestor'),
answers as (
  select h.ticket, min(h.Created) as first_at from history h
  left join askers a on a.ticket = h.ticket and a.person = h.Creator
  where h.Type = 'Correspond' and a.person is null group by h.ticket),
latest as (select ticket, max(id) as id, max(Created) as changed_at from history group by ticket)
select t.id, t.EffectiveId, t.Subject, t.Status, t.Priority, t.Queue, o.id, o.Name, a.person, t.Created, t.LastUpdated,
  l.changed_at, l.id, f.first_at, t.Resolved, t.Due
from Tickets t
join latest l on l.ticket = t.id
join Users o on o.id = t.Owner
left join askers a on a.ticket = t.id and a.place = 1
left join answers f on f.ticket = t.id
where t.Type = 'ticket' order by t.id
"""
FIELDS = """
select v.ObjectId, f.Name, v.Content
from ObjectCustomFieldValues v join CustomFields f on f.id = v.CustomField
where v.ObjectType = 'RT::Ticket' and v.Disabled = 0 order by v.id
"""
TRANSACTIONS = """
select x.id, x.ObjectId, x.Created, x.Type, x.Field, x.OldValue, x.NewValue, x.Creator, x.TimeTaken
from Transactions x where x.ObjectType = 'RT::Ticket' and x.ObjectId in (select id from Tickets where Type = 'ticket') order by x.id
"""
PEOPLE = """
select u.id, u.Name, u.RealName, u.EmailAddress, u.Organization, u.Created, u.LastUpdated, p.Disabled,
  (select count(*) from GroupMembers m where m.MemberId = u.id and m.GroupId =
    (select id from Groups where Domain = 'SystemInternal' and Name = 'Privileged'))
from Users u join Principals p on p.id = u.id order by u.id
"""
ONCE_AGENTS = "select ObjectId from Transactions where ObjectType = 'RT::User' and Field = 'Privileged'"


def priority(number):
    return "Low" if int(number) < 50 else "Medium" if int(number) < 100 else "High"


def set_or_none(time):
    return None if time in NEVER else time


def fields_of_tickets(rt):
    fields = collections.defaultdict(dict)
    for ticket, name, value in rt.rows(FIELDS):
        if value:  # else RT keeps a long text elsewhere
            fields[ticket][name] = f"{fields[ticket][name]}, {value}" if name in fields[ticket] else value
    return fields


def tickets(rt):
    fields = fields_of_tickets(rt)
    rows = []
    for (id, effective, subject, status, number, queue, owner, owner_name, asker, created, updated, changed, last, answered,
         resolved, due) in rt.rows(TICKETS):
        rows.append((
            id, subject, STATUS[status], priority(number), fields[id].get("Category", "General"), asker or "",
            None if owner_name == "Nobody" else owner, queue, created, updated if effective == id else max(updated, changed), last,
            answered, set_or_none(resolved) if status == "resolved" else None,
            set_or_none(resolved) if status in ("rejected", "deleted") else None, set_or_none(due), fields[id] or None,
            status == "deleted" or effective != id))
    return rows


TICKETS_HERE = """
select id, subject, status, priority, category, requester_id, assigned_to, group_id, created_at, updated_at, version,
  first_response_at, resolved_at, closed_at, due_at, custom_fields, is_deleted from operational.tickets order by id::bigint
"""


def histories(rt):
    """Of each ticket its transactions, oldest first, each with the state before and after it: status, owner, queue,
    priority. Read backwards: what a ticket is now is what it was before its last change."""
    nobody, = rt.rows("select id from Users where Name = 'Nobody'")
    now = {row[0]: {"Status": row[3], "Owner": row[6], "Queue": row[5], "Priority": row[4]} for row in rt.rows(TICKETS)}
    found = collections.defaultdict(list)
    for row in reversed(rt.rows(TRANSACTIONS)):
        ticket, field, old = row[1], row[4], row[5]
        after = dict(now[ticket])
        if field in after:
            assert after[field] == row[6], ("RT changed something and did not say so", row, after)
            # Two transactions tell a change of owner, the later one first here.
            if row[3] != "SetWatcher":
                now[ticket][field] = old
        found[ticket].insert(0, (row, after))
    return nobody[0], found


def events(rt):
    nobody, found = histories(rt)
    rows = []
    for row, after in (entry for entries in found.values() for entry in entries):
        id, ticket, at, kind, field, _, _, actor, _ = row
        if kind in ("EmailRecord", "CommentEmailRecord"):
            continue
        says = {name: after[name] for name in after if kind == "Create" or field == name}
        owner = says.get("Owner")
        rows.append((id, ticket, at, id, kind, STATUS.get(says.get("Status")), says.get("Priority") and priority(says["Priority"]),
                     "" if owner == nobody else owner, says.get("Queue"), actor, field))
    return sorted(rows, key=lambda row: int(row[0]))


EVENTS_HERE = """
select id, ticket_id, event_at, version, event_type, status, priority, assigned_to, group_id, actor, detail
from operational.ticket_events order by id::bigint
"""


def counts(rt):
    """How often each ticket was opened again, and given from one person to another; one that nobody ever held, from one
    queue to another."""
    nobody, found = histories(rt)
    rows = []
    for ticket, entries in found.items():
        states = [after for _, after in entries]
        statuses = [STATUS[state["Status"]] for state in states]
        holders = [state["Owner"] for state in states if state["Owner"] != nobody] or [state["Queue"] for state in states]
        reopened = sum(old in ENDED and new not in ENDED for old, new in itertools.pairwise(statuses))
        handed = sum(old != new for old, new in itertools.pairwise(holders))
        rows.append((ticket, str(reopened), str(handed)))
    return sorted(rows, key=lambda row: int(row[0]))


COUNTS_HERE = "select ticket_id, reopen_count, reassignment_count from core.fact_tickets order by ticket_id::bigint"


def requesters(rt):
    return [(id, real or name, email, organization, created, updated)
            for id, name, real, email, organization, created, updated, _, _ in rt.rows(PEOPLE) if name not in NOT_PEOPLE]


REQUESTERS_HERE = "select id, name, email, department_id, created_at, updated_at from operational.requesters order by id::bigint"


def agents(rt):
    known = {row[0] for row in rt.rows(ONCE_AGENTS)} | {row[6] for row in rt.rows(TICKETS)}
    return [(id, real or name, email, privileged == "1" and disabled == "0", updated)
            for id, name, real, email, _, _, updated, disabled, privileged in rt.rows(PEOPLE)
            if name not in NOT_PEOPLE and (privileged == "1" or id in known)]


AGENTS_HERE = "select id, name, email, is_active, updated_at from operational.agents order by id::bigint"


def groups(rt):
    return rt.rows("select id, Name, LastUpdated from Queues where Name not like '%Approvals' order by id")


GROUPS_HERE = "select id, name, updated_at from operational.groups order by id::bigint"


def time_entries(rt):
    return [(row[0], row[1], row[7], row[8], row[2]) for row in rt.rows(TRANSACTIONS) if row[8] != "0"]


TIME_HERE = ("select id, ticket_id, agent_id, minutes::bigint, worked_on from operational.time_entries "
             "order by id::bigint")

ALL = {"tickets": (tickets, TICKETS_HERE), "ticket_events": (events, EVENTS_HERE), "fact_tickets": (counts, COUNTS_HERE),
       "requesters": (requesters, REQUESTERS_HERE), "agents": (agents, AGENTS_HERE), "groups": (groups, GROUPS_HERE),
       "time_entries": (time_entries, TIME_HERE)}


def as_texts(row):
    """A row of the warehouse in the form of rt.rows: texts, but JSON and booleans as what they are."""
    def text(value):
        if isinstance(value, str) and value.startswith("{"):
            return json.loads(value)
        return value if value is None or isinstance(value, bool) else str(value)
    return tuple(text(value) for value in row)
