// The lists of the API.
#include "server/listing.h"

namespace deskhouse::server {
namespace {

using Kind = ParameterSpec::Kind;
using Type = ColumnType;

constexpr bool kNeverNull = false;

ParameterSpec any_of(std::string_view name, std::string_view meaning) {
  return {.name = name, .meaning = meaning, .is_many = true};
}
ParameterSpec one_of(std::string_view name, std::string_view meaning, std::vector<std::string_view> words) {
  return {.name = name, .meaning = meaning, .kind = Kind::word, .is_many = true, .words = std::move(words)};
}
ParameterSpec flag(std::string_view name, std::string_view meaning) {
  return {.name = name, .meaning = meaning, .kind = Kind::boolean};
}
ParameterSpec number(std::string_view name, std::string_view meaning) {
  return {.name = name, .meaning = meaning, .kind = Kind::integer};
}

const std::vector<ListedColumn> kTicketColumns = {
    {"source", Type::text, "", kNeverNull},
    {"id", Type::text, "t.ticket_id", kNeverNull},
    {"subject", Type::text, "o.subject"},
    {"type"},
    {"status", Type::text, "", kNeverNull},
    {"priority", Type::text, "", kNeverNull},
    {"category", Type::text, "", kNeverNull},
    {"sub_category"},
    {"channel"},
    {"requester", Type::text, "c.name"},
    {"agent", Type::text, "a.name"},
    {"group", Type::text, "g.group_name"},
    {"department", Type::text, "d.department"},
    {"created_at", Type::time, "", kNeverNull},
    {"updated_at", Type::time, "", kNeverNull},
    {"first_response_at", Type::time},
    {"resolved_at", Type::time},
    {"closed_at", Type::time},
    {"due_at", Type::time},
    {"first_response_minutes", Type::number},
    {"resolution_hours", Type::number},
    {"business_resolution_hours", Type::number},
    {"sla_breached", Type::boolean},
    {"response_breached", Type::boolean},
    {"reopen_count", Type::integer},
    {"reassignment_count", Type::integer},
    {"is_open", Type::boolean, "", kNeverNull},
    {"is_deleted", Type::boolean, "", kNeverNull},
};

// The same created_at lets what is of other months be skipped.
constexpr std::string_view kTicketJoins =
    "left join operational.tickets o on o.key = t.ticket_key and o.created_at = t.created_at "
    "left join core.dim_agent a on a.agent_key = t.agent_key and a.agent_key <> 0 "
    "left join core.dim_customer c on c.customer_key = t.customer_key and c.customer_key <> 0 "
    "left join core.group_names g on g.group_key = t.group_key "
    "left join core.department_names d on d.department_key = t.department_key";

const std::vector<ListedColumn> kRunColumns = {
    {"run_id", Type::integer, "", kNeverNull},  {"kind", Type::text, "", kNeverNull},
    {"status", Type::text, "", kNeverNull},     {"source"},
    {"started_at", Type::time, "", kNeverNull}, {"finished_at", Type::time},
    {"as_of", Type::time, "", kNeverNull},      {"error"},
    {"version", Type::text, "", kNeverNull},    {"folded", Type::integer},
};

std::vector<ListedColumn> with(std::vector<ListedColumn> columns, const std::vector<ListedColumn>& more) {
  columns.insert(columns.end(), more.begin(), more.end());
  return columns;
}

}  // namespace

const Listing kTickets{
    .rows = "core.fact_tickets_stored",
    .joins = kTicketJoins,
    .columns = kTicketColumns,
    .filters = {{{"from", "First day of creation", Kind::day}, "t.created_date_key >= {0}"},
                {{"to", "Last day of creation", Kind::day}, "t.created_date_key <= {0}"},
                {{"resolved_from", "First day of resolution", Kind::day}, "t.resolved_date_key >= {0}"},
                {{"resolved_to", "Last day of resolution", Kind::day}, "t.resolved_date_key <= {0}"},
                {one_of("status", "Where the ticket is in its life", {"Open", "Pending", "Resolved", "Closed"}),
                 "t.status in ({0})"},
                {one_of("priority", "How urgent it is", {"Low", "Medium", "High", "Critical"}), "t.priority in ({0})"},
                {any_of("category", "What it is about"), "t.category in ({0})"},
                {any_of("group", "Name of the group that holds it"),
                 "t.group_key in (select group_key from core.group_names where group_name in ({0}))"},
                {any_of("agent", "Name of the agent who holds it"),
                 "t.agent_key in (select agent_key from core.dim_agent where name in ({0}))"},
                {any_of("requester", "Name of who asked"),
                 "t.customer_key in (select customer_key from core.dim_customer where name in ({0}))"},
                {any_of("department", "Name of the department that it is for"),
                 "t.department_key in (select department_key from core.department_names where department in ({0}))"},
                {any_of("source", "Source that it is of"), "t.source in ({0})"},
                {flag("open", "Whether it is neither resolved nor closed"), "t.is_open = {0}"},
                {flag("breached", "Whether it missed its target"), "coalesce(t.sla_breached, false) = {0}"},
                {flag("deleted", "Whether its source deleted it; without this, those that are not"),
                 "t.is_deleted = {0}", "not t.is_deleted"},
                {{"text", "Its id, or what its subject has in it, whatever the case"},
                 "(t.ticket_id = {0} or t.ticket_key in (select key from operational.tickets where "
                 "contains(lower(subject), lower({0}))))"}},
    .keys = {{"t.created_at", ListKey::Type::time}, {"t.ticket_id"}, {"t.source"}},
    .is_of_version = true,
};

const Detail kTicket{
    .parts = {{"ticket",
               "core.fact_tickets_stored t left join operational.tickets o on o.key = t.ticket_key and o.created_at = "
               "t.created_at left join core.dim_agent a on a.agent_key = t.agent_key and a.agent_key <> 0 "
               "left join core.dim_customer c on c.customer_key = t.customer_key and c.customer_key <> 0 "
               "left join core.group_names g on g.group_key = t.group_key "
               "left join core.department_names d on d.department_key = t.department_key "
               "where t.ticket_key = surrogate_key($1, $2) and t.source = $1 and t.ticket_id = $2",
               with(kTicketColumns, {{"description", Type::text, "o.description"},
                                     {"custom_fields", Type::json, "o.custom_fields"},
                                     {"asset_id", Type::text, "o.asset_id"},
                                     {"problem_id", Type::text, "o.problem_id"},
                                     {"run_id", Type::integer, "o.run_id"}})},
              {"history",
               "operational.ticket_events t left join operational.agents a on a.key = t.assigned_to_key left join "
               "operational.groups g on g.key = t.group_key where t.ticket_key = surrogate_key($1, $2) and t.source = "
               "$1 and t.ticket_id = $2 order by t.event_at, t.version, t.id",
               {{"event_at", Type::time, "", kNeverNull},
                {"event_type"},
                {"status"},
                {"priority"},
                {"category"},
                {"agent", Type::text, "coalesce(a.name, t.assigned_to)"},
                {"group", Type::text, "coalesce(g.name, t.group_id)"},
                {"actor"},
                {"detail"}}}},
    .is_of_version = true,
};

const Listing kRuns{
    .rows = "meta.runs",
    .joins =
        "left join (select run_id, sum(extracted)::bigint as extracted, sum(loaded)::bigint as loaded, "
        "sum(unchanged)::bigint as unchanged, sum(superseded)::bigint as superseded, sum(quarantined)::bigint as "
        "quarantined from meta.balances where run_id in (select run_id from page) group by run_id) b on b.run_id "
        "= t.run_id",
    .columns = with(kRunColumns, {{"extracted", Type::integer, "b.extracted"},
                                  {"loaded", Type::integer, "b.loaded"},
                                  {"unchanged", Type::integer, "b.unchanged"},
                                  {"superseded", Type::integer, "b.superseded"},
                                  {"quarantined", Type::integer, "b.quarantined"}}),
    .filters = {{any_of("kind", "run, stream, sweep, backfill, ..."), "t.kind in ({0})"},
                {one_of("status", "How it ended, or that it did not",
                        {"running", "succeeded", "failed", "interrupted"}),
                 "t.status in ({0})"},
                {any_of("source", "The only source that it read"), "t.source in ({0})"}},
    .keys = {{"t.run_id", ListKey::Type::integer}},
};

const Detail kRun{
    .parts = {{"run", "meta.runs t where t.run_id = $1", kRunColumns},
              {"balances",
               "meta.balances t where t.run_id = $1 order by t.source, t.entity",
               {{"source", Type::text, "", kNeverNull},
                {"entity", Type::text, "", kNeverNull},
                {"extracted", Type::integer, "", kNeverNull},
                {"loaded", Type::integer, "", kNeverNull},
                {"unchanged", Type::integer, "", kNeverNull},
                {"superseded", Type::integer, "", kNeverNull},
                {"quarantined", Type::integer, "", kNeverNull},
                {"ties", Type::integer, "", kNeverNull}}},
              {"stages",
               "meta.stages t where t.run_id = $1 order by t.stage, t.name",
               {{"stage", Type::text, "", kNeverNull},
                {"name", Type::text, "", kNeverNull},
                {"rows_in", Type::integer, "", kNeverNull},
                {"rows_out", Type::integer, "", kNeverNull},
                {"errors", Type::integer, "", kNeverNull},
                {"bytes", Type::integer, "", kNeverNull},
                {"seconds", Type::number, "", kNeverNull},
                {"peak_memory_bytes", Type::integer, "", kNeverNull}}},
              {"checks",
               "meta.check_results t where t.run_id = $1 order by t.check_name",
               {{"check_name", Type::text, "", kNeverNull},
                {"severity", Type::text, "", kNeverNull},
                {"status", Type::text, "", kNeverNull},
                {"violations", Type::integer, "", kNeverNull},
                {"error"},
                {"seconds", Type::number, "", kNeverNull}}}},
    .is_by_number = true,
};

const Listing kChecks{
    .rows = "meta.check_results",
    .columns = {{"run_id", Type::integer, "", kNeverNull},
                {"check_name", Type::text, "", kNeverNull},
                {"severity", Type::text, "", kNeverNull},
                {"status", Type::text, "", kNeverNull},
                {"violations", Type::integer, "", kNeverNull},
                {"error"},
                {"seconds", Type::number, "", kNeverNull}},
    .filters = {{any_of("check", "Name of the check"), "t.check_name in ({0})"},
                {one_of("severity", "What a finding does", {"warn", "quarantine", "fail"}), "t.severity in ({0})"},
                {one_of("status", "failed: it could not run", {"passed", "violated", "failed"}), "t.status in ({0})"},
                {number("run", "Number of the run"), "t.run_id = {0}"},
                {flag("latest", "true: of each check the latest result only"),
                 "(not {0} or t.run_id = (select max(l.run_id) from meta.check_results l where l.check_name = "
                 "t.check_name))"}},
    .keys = {{"t.run_id", ListKey::Type::integer}, {"t.check_name"}},
};

const Listing kViolations{
    .rows = "meta.violation_states",
    .columns = {{"check_name", Type::text, "", kNeverNull},
                {"severity", Type::text},
                {"entity", Type::text, "", kNeverNull},
                {"source"},
                {"id"},
                {"field"},
                {"value"},
                {"expected"},
                {"message"},
                {"is_open", Type::boolean, "", kNeverNull},
                {"first_run_id", Type::integer},
                {"last_run_id", Type::integer},
                {"resolved_run_id", Type::integer},
                {"first_seen", Type::time},
                {"last_seen", Type::time}},
    .filters = {{any_of("check", "Name of the check that found it"), "t.check_name in ({0})"},
                {one_of("severity", "What a finding does", {"warn", "quarantine", "fail"}), "t.severity in ({0})"},
                {any_of("entity", "Kind of record: tickets, agents, ..."), "t.entity in ({0})"},
                {any_of("source", "Source of the record"), "t.source in ({0})"},
                {any_of("id", "The source's key of the record"), "t.id in ({0})"},
                {flag("open", "Whether it was not seen put right; without this, both"), "t.is_open = {0}"}},
    .keys = {{"coalesce(t.last_run_id, 0)", ListKey::Type::integer},
             {"t.check_name"},
             {"t.entity"},
             {"coalesce(t.source, '')"},
             {"coalesce(t.id, '')"},
             {"coalesce(t.field, '')"}},
    .is_of_version = true,
};

const Listing kQuarantine{
    .rows = "staging.quarantine",
    .columns = {{"run_id", Type::integer, "", kNeverNull},
                {"source", Type::text, "", kNeverNull},
                {"entity", Type::text, "", kNeverNull},
                {"file", Type::text, "", kNeverNull},
                {"position", Type::integer, "", kNeverNull},
                {"record", Type::integer, "", kNeverNull},
                {"line", Type::integer, "", kNeverNull},
                {"record_id"},
                {"reasons", Type::json, "", kNeverNull},
                {"header"},
                {"raw", Type::text, "", kNeverNull},
                {"extracted_at", Type::time, "", kNeverNull},
                {"status", Type::text, "", kNeverNull},
                {"replayed_run_id", Type::integer}},
    .filters = {{number("run", "Number of the run that set it apart"), "t.run_id = {0}"},
                {any_of("source", "Source of the record"), "t.source in ({0})"},
                {any_of("entity", "Kind of record: tickets, agents, ..."), "t.entity in ({0})"},
                {one_of("status", "What became of it", {"quarantined", "replayed", "purged"}), "t.status in ({0})"},
                {any_of("record_id", "The source's key of the record"), "t.record_id in ({0})"}},
    .keys = {{"t.run_id", ListKey::Type::integer},
             {"t.source"},
             {"t.entity"},
             {"t.file"},
             {"t.position", ListKey::Type::integer},
             {"t.record", ListKey::Type::integer}},
};

const Listing kAlerts{
    .rows = "meta.alerts",
    .columns = {{"rule", Type::text, "", kNeverNull},
                {"labels", Type::json, "", kNeverNull},
                {"state", Type::text, "", kNeverNull},
                {"severity", Type::text, "", kNeverNull},
                {"since", Type::time, "", kNeverNull},
                {"fired_at", Type::time},
                {"value", Type::number, "", kNeverNull},
                {"threshold", Type::number, "", kNeverNull},
                {"detail", Type::text, "", kNeverNull}},
    .filters = {{any_of("rule", "Name of the rule"), "t.rule in ({0})"},
                {any_of("severity", "How bad it is"), "t.severity in ({0})"},
                {one_of("state", "Whether it was told, or waits to be sure", {"pending", "firing"}),
                 "t.state in ({0})"}},
    .keys = {{"t.since", ListKey::Type::time}, {"t.rule"}, {"t.labels"}},
};

}  // namespace deskhouse::server
