// The ten operational entities and ticket_events: the source of every derived thing (spec 2).
// Text members point into the raw record; a row lives no longer than its batch. Optional members may be NULL.
// To add a column: one member, one line below it; DDL, mapping, validation, docs and migration follow.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "schema/table.h"

namespace deskhouse::schema {

using Text = std::string_view;
template <class T>
using Maybe = std::optional<T>;

inline constexpr Text kStatuses[] = {"Open", "Pending", "Resolved", "Closed"};
inline constexpr Text kPriorities[] = {"Low", "Medium", "High", "Critical"};
inline constexpr Text kDepreciations[] = {"straight_line", "declining_balance", "sum_of_years"};

struct Ticket {
  Text id, subject;
  Maybe<Text> description, type;
  Text status, priority, category;
  Maybe<Text> sub_category, channel;
  Text requester_id;
  Maybe<Text> assigned_to, group_id, department_id, asset_id, problem_id;
  Timestamp created_at, updated_at;
  Maybe<Timestamp> first_response_at, resolved_at, closed_at, due_at;
  Maybe<std::int64_t> reopen_count, reassignment_count, version;
  Maybe<Json> custom_fields;
  bool is_deleted;
};
inline constexpr auto kTickets = table<Ticket>(
    "tickets", "A request for help, as its source last described it.",
    Column{"id", &Ticket::id, "The source's own key", {.required = true}},
    Column{"subject", &Ticket::subject, "One line that says what it is about", {.required = true}},
    Column{"description", &Ticket::description, "Free text of the requester"},
    Column{"type", &Ticket::type, "Incident, Service Request, ..."},
    Column{"status",
           &Ticket::status,
           "Where the ticket is in its life",
           {.required = true, .allowed = kStatuses, .tracked = true}},
    Column{"priority",
           &Ticket::priority,
           "How urgent it is",
           {.required = true, .allowed = kPriorities, .fallback = "Medium", .tracked = true}},
    Column{"category",
           &Ticket::category,
           "What kind of thing it is about",
           {.required = true, .fallback = "General", .tracked = true}},
    Column{"sub_category", &Ticket::sub_category, "Finer kind"},
    Column{"channel", &Ticket::channel, "How it came in: email, portal, phone, chat, ..."},
    Column{"requester_id", &Ticket::requester_id, "Who asked", {.required = true, .references = "requesters"}},
    Column{"assigned_to", &Ticket::assigned_to, "The agent who holds it", {.references = "agents", .tracked = true}},
    Column{"group_id", &Ticket::group_id, "The agent group that holds it", {.references = "groups", .tracked = true}},
    Column{"department_id", &Ticket::department_id, "The department it is for", {.references = "departments"}},
    Column{"asset_id", &Ticket::asset_id, "The asset it is about", {.references = "assets"}},
    Column{"problem_id", &Ticket::problem_id, "The problem it is an instance of", {.references = "problems"}},
    Column{"created_at", &Ticket::created_at, "When it was created", {.required = true}},
    Column{"updated_at", &Ticket::updated_at, "When the source last changed it; orders versions", {.required = true}},
    Column{"first_response_at", &Ticket::first_response_at, "When an agent first answered"},
    Column{"resolved_at", &Ticket::resolved_at, "When it was resolved"},
    Column{"closed_at", &Ticket::closed_at, "When it was closed"},
    Column{"due_at", &Ticket::due_at, "The vendor's own due time; Deskhouse's is in core.fact_tickets"},
    Column{"reopen_count", &Ticket::reopen_count, "The source's own counter of reopenings"},
    Column{"reassignment_count", &Ticket::reassignment_count, "The source's own counter of reassignments"},
    Column{"version", &Ticket::version,
           "The source's modification counter, where it has one; orders versions that share updated_at"},
    Column{"custom_fields", &Ticket::custom_fields, "Further fields of the source, as a JSON object"},
    Column{"is_deleted", &Ticket::is_deleted, "True once the source deleted it"});

struct Agent {
  Text id, name;
  Maybe<Text> email, group_id;
  Maybe<Decimal> hourly_cost, weekly_hours;
  Maybe<bool> is_active;
  Maybe<Timestamp> created_at;
  Timestamp updated_at;
  bool is_deleted;
};
inline constexpr auto kAgents = table<Agent>(
    "agents", "A person who works on tickets.", Column{"id", &Agent::id, "The source's own key", {.required = true}},
    Column{"name", &Agent::name, "Full name", {.required = true, .tracked = true}},
    Column{"email", &Agent::email, "E-mail address, lower case", {.lower_case = true}},
    Column{"group_id", &Agent::group_id, "The group the agent works in", {.references = "groups", .tracked = true}},
    Column{"hourly_cost", &Agent::hourly_cost, "Cost of one hour, in the reporting currency", {.tracked = true}},
    Column{"weekly_hours", &Agent::weekly_hours, "Scheduled hours a week", {.tracked = true}},
    Column{"is_active", &Agent::is_active, "Whether the agent still works", {.tracked = true}},
    Column{"created_at", &Agent::created_at, "When the source created the record"},
    Column{"updated_at", &Agent::updated_at, "When the source last changed it; orders versions", {.required = true}},
    Column{"is_deleted", &Agent::is_deleted, "True once the source deleted it"});

struct Requester {
  Text id, name;
  Maybe<Text> email, department_id, location;
  Maybe<bool> is_vip;
  Maybe<Timestamp> created_at;
  Timestamp updated_at;
  bool is_deleted;
};
inline constexpr auto kRequesters = table<Requester>(
    "requesters", "A person who asks for help.",
    Column{"id", &Requester::id, "The source's own key", {.required = true}},
    Column{"name", &Requester::name, "Full name", {.required = true, .tracked = true}},
    Column{"email", &Requester::email, "E-mail address, lower case", {.lower_case = true}},
    Column{"department_id",
           &Requester::department_id,
           "The department of the person",
           {.references = "departments", .tracked = true}},
    Column{"location", &Requester::location, "Where the person works", {.tracked = true}},
    Column{"is_vip", &Requester::is_vip, "Whether the person is served first", {.tracked = true}},
    Column{"created_at", &Requester::created_at, "When the source created the record"},
    Column{
        "updated_at", &Requester::updated_at, "When the source last changed it; orders versions", {.required = true}},
    Column{"is_deleted", &Requester::is_deleted, "True once the source deleted it"});

struct Group {
  Text id, name;
  Maybe<Text> calendar;
  Maybe<Timestamp> updated_at;
  bool is_deleted;
};
inline constexpr auto kGroups =
    table<Group>("groups", "A team of agents.", Column{"id", &Group::id, "The source's own key", {.required = true}},
                 Column{"name", &Group::name, "Name of the team", {.required = true}},
                 Column{"calendar", &Group::calendar, "Name of a calendar of deskhouse.toml"},
                 Column{"updated_at", &Group::updated_at, "When the source last changed it, if it says so"},
                 Column{"is_deleted", &Group::is_deleted, "True once the source deleted it"});

struct Department {
  Text id, name;
  Maybe<Text> head_user_id;
  Maybe<std::int64_t> headcount;
  Maybe<Text> cost_center;
  Maybe<Timestamp> updated_at;
  bool is_deleted;
};
inline constexpr auto kDepartments = table<Department>(
    "departments", "An organizational unit of requesters.",
    Column{"id", &Department::id, "The source's own key", {.required = true}},
    Column{"name", &Department::name, "Name of the unit", {.required = true}},
    Column{"head_user_id", &Department::head_user_id, "The requester who leads it", {.references = "requesters"}},
    Column{"headcount", &Department::headcount, "How many people it has"},
    Column{"cost_center", &Department::cost_center, "Where its costs are booked"},
    Column{"updated_at", &Department::updated_at, "When the source last changed it, if it says so"},
    Column{"is_deleted", &Department::is_deleted, "True once the source deleted it"});

struct Asset {
  Text id, name;
  Maybe<Text> asset_type, state, requester_id, department_id;
  Maybe<Decimal> cost, salvage_value;
  Maybe<Date> acquired_on, warranty_expires_on;
  Maybe<std::int64_t> useful_life_months;
  Maybe<Text> depreciation;
  Maybe<Timestamp> created_at;
  Timestamp updated_at;
  bool is_deleted;
};
inline constexpr auto kAssets = table<Asset>(
    "assets", "A thing that the organization owns and supports.",
    Column{"id", &Asset::id, "The source's own key", {.required = true}},
    Column{"name", &Asset::name, "Name or tag", {.required = true}},
    Column{"asset_type", &Asset::asset_type, "Laptop, server, licence, ..."},
    Column{"state", &Asset::state, "In use, in stock, retired, ..."},
    Column{"requester_id", &Asset::requester_id, "Who uses it", {.references = "requesters"}},
    Column{"department_id", &Asset::department_id, "Which department it belongs to", {.references = "departments"}},
    Column{"cost", &Asset::cost, "Purchase price, in the reporting currency"},
    Column{"salvage_value", &Asset::salvage_value, "What remains at the end of its life"},
    Column{"acquired_on", &Asset::acquired_on, "Day of purchase; depreciation starts in this month"},
    Column{"warranty_expires_on", &Asset::warranty_expires_on, "Last day of the warranty"},
    Column{"useful_life_months", &Asset::useful_life_months, "Months over which it is depreciated"},
    Column{"depreciation", &Asset::depreciation, "Method of depreciation", {.allowed = kDepreciations}},
    Column{"created_at", &Asset::created_at, "When the source created the record"},
    Column{"updated_at", &Asset::updated_at, "When the source last changed it; orders versions", {.required = true}},
    Column{"is_deleted", &Asset::is_deleted, "True once the source deleted it"});

struct Change {
  Text id;
  Maybe<Text> subject, status, type, risk, priority, requester_id, agent_id;
  Maybe<Timestamp> planned_start_at, planned_end_at, created_at;
  Timestamp updated_at;
  bool is_deleted;
};
inline constexpr auto kChanges = table<Change>(
    "changes", "A planned change of the infrastructure.",
    Column{"id", &Change::id, "The source's own key", {.required = true}},
    Column{"subject", &Change::subject, "One line that says what is changed"},
    Column{"status", &Change::status, "Open, Planning, Approval, Pending Release, Pending Review, Closed, Failed, ..."},
    Column{"type", &Change::type, "Minor, Standard, Major, Emergency"},
    Column{"risk", &Change::risk, "Low, Medium, High, Very High"},
    Column{"priority", &Change::priority, "How urgent it is"},
    Column{"requester_id", &Change::requester_id, "Who asked", {.references = "requesters"}},
    Column{"agent_id", &Change::agent_id, "Who carries it out", {.references = "agents"}},
    Column{"planned_start_at", &Change::planned_start_at, "Start of the planned window"},
    Column{"planned_end_at", &Change::planned_end_at, "End of the planned window"},
    Column{"created_at", &Change::created_at, "When it was created"},
    Column{"updated_at", &Change::updated_at, "When the source last changed it; orders versions", {.required = true}},
    Column{"is_deleted", &Change::is_deleted, "True once the source deleted it"});

struct Problem {
  Text id;
  Maybe<Text> subject, status, priority, category, requester_id, agent_id;
  Maybe<Timestamp> due_at, closed_at, created_at;
  Timestamp updated_at;
  bool is_deleted;
};
inline constexpr auto kProblems = table<Problem>(
    "problems", "The cause behind one or more incidents.",
    Column{"id", &Problem::id, "The source's own key", {.required = true}},
    Column{"subject", &Problem::subject, "One line that says what it is"},
    Column{"status", &Problem::status, "Open, Change Requested, Closed, ..."},
    Column{"priority", &Problem::priority, "How urgent it is"},
    Column{"category", &Problem::category, "What kind of thing it is about"},
    Column{"requester_id", &Problem::requester_id, "Who reported it", {.references = "requesters"}},
    Column{"agent_id", &Problem::agent_id, "Who works on it", {.references = "agents"}},
    Column{"due_at", &Problem::due_at, "When it is due"},
    Column{"closed_at", &Problem::closed_at, "When it was closed"},
    Column{"created_at", &Problem::created_at, "When it was created"},
    Column{"updated_at", &Problem::updated_at, "When the source last changed it; orders versions", {.required = true}},
    Column{"is_deleted", &Problem::is_deleted, "True once the source deleted it"});

struct Survey {
  Text id, ticket_id;
  Decimal score, max_score;
  Maybe<Text> comment;
  Timestamp responded_at;
  Maybe<Timestamp> updated_at;
  bool is_deleted;
};
inline constexpr auto kSurveys = table<Survey>(
    "surveys", "One answer of a requester about a ticket.",
    Column{"id", &Survey::id, "The source's own key", {.required = true}},
    Column{"ticket_id", &Survey::ticket_id, "The ticket it is about", {.required = true, .references = "tickets"}},
    Column{"score", &Survey::score, "Points given", {.required = true}},
    Column{"max_score", &Survey::max_score, "Most points that could be given", {.required = true}},
    Column{"comment", &Survey::comment, "Free text of the requester"},
    Column{"responded_at", &Survey::responded_at, "When it was answered", {.required = true}},
    Column{"updated_at", &Survey::updated_at, "When the source last changed it, if it says so"},
    Column{"is_deleted", &Survey::is_deleted, "True once the source deleted it"});

struct TimeEntry {
  Text id, ticket_id, agent_id;
  Decimal minutes;
  Maybe<bool> billable;
  Maybe<Timestamp> worked_on, created_at;
  Timestamp updated_at;
  bool is_deleted;
};
inline constexpr auto kTimeEntries = table<TimeEntry>(
    "time_entries", "Time that an agent logged on a ticket.",
    Column{"id", &TimeEntry::id, "The source's own key", {.required = true}},
    Column{"ticket_id", &TimeEntry::ticket_id, "The ticket worked on", {.required = true, .references = "tickets"}},
    Column{"agent_id", &TimeEntry::agent_id, "The agent who worked", {.required = true, .references = "agents"}},
    Column{"minutes", &TimeEntry::minutes, "Minutes worked", {.required = true}},
    Column{"billable", &TimeEntry::billable, "Whether it is charged"},
    Column{"worked_on", &TimeEntry::worked_on, "When the work was done"},
    Column{"created_at", &TimeEntry::created_at, "When the entry was made"},
    Column{
        "updated_at", &TimeEntry::updated_at, "When the source last changed it; orders versions", {.required = true}},
    Column{"is_deleted", &TimeEntry::is_deleted, "True once the source deleted it"});

// One observation of a ticket at one instant: a version of its record, an activity of the vendor's log, or a
// streamed event. It states some of the tracked fields; what changed is read off two successive observations
// (core/history.h), so an observation that arrives late takes its place without rewriting any other row.
struct TicketEvent {
  Text id, ticket_id;
  Timestamp event_at;
  Maybe<std::int64_t> version;
  Maybe<Text> event_type;
  Maybe<Text> status, priority, category, assigned_to, group_id, actor, detail;
};
inline constexpr auto kTicketEvents = table<TicketEvent>(
    "ticket_events", "What happened to a ticket, as observations in time; append-only.",
    Column{"id",
           &TicketEvent::id,
           "The source's own key of the event, or one derived from the version",
           {.required = true}},
    Column{
        "ticket_id", &TicketEvent::ticket_id, "The ticket it happened to", {.required = true, .references = "tickets"}},
    Column{"event_at", &TicketEvent::event_at, "When it happened", {.required = true}},
    Column{"version", &TicketEvent::version, "Orders events that share event_at, where the source has a counter"},
    Column{"event_type", &TicketEvent::event_type, "The source's word for it; 'version' for a version of the record"},
    Column{"status", &TicketEvent::status, "Status from now on, if stated", {.allowed = kStatuses}},
    Column{"priority", &TicketEvent::priority, "Priority from now on, if stated", {.allowed = kPriorities}},
    Column{"category", &TicketEvent::category, "Category from now on, if stated"},
    Column{"assigned_to",
           &TicketEvent::assigned_to,
           "Agent from now on, if stated; empty text: nobody",
           {.references = "agents"}},
    Column{
        "group_id", &TicketEvent::group_id, "Group from now on, if stated; empty text: none", {.references = "groups"}},
    Column{"actor", &TicketEvent::actor, "Who did it"},
    Column{"detail", &TicketEvent::detail, "Free text of the source"});

}  // namespace deskhouse::schema
