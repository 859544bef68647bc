#include "pipeline/retention.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "warehouse/places.h"

namespace deskhouse::pipeline {

namespace {

using warehouse::sql_text;

// What hangs on a ticket, and goes with it.
constexpr std::string_view kParts[] = {"ticket_events", "time_entries", "surveys"};

std::string begin_of(const std::string& month) {
  return fmt::format("timestamp '{}-01'", month);
}

}  // namespace

bool is_month(std::string_view text) {
  if (text.size() != 7 || text[4] != '-') return false;
  for (const std::size_t i : {0, 1, 2, 3, 5, 6})
    if (text[i] < '0' || text[i] > '9') return false;
  return (text[5] == '0' && text[6] != '0') || (text[5] == '1' && text[6] <= '2');
}

std::string first_kept_month(Timestamp as_of, std::int64_t months) {
  const auto day = to_civil(utc_day(as_of));
  const auto month = std::int64_t{day.year} * 12 + day.month - 1 - months;
  return fmt::format("{:04}-{:02}", month / 12, month % 12 + 1);
}

std::string Drop::condition(std::string_view alias) const {
  std::vector<std::string> spans;
  if (!before.empty()) spans.push_back(fmt::format("{}.created_at < {}", alias, begin_of(before)));
  for (const auto& month : months)
    spans.push_back(
        fmt::format("{0}.created_at >= {1} and {0}.created_at < {1} + interval 1 month", alias, begin_of(month)));
  if (spans.empty()) return "false";
  return fmt::format("(({1})) and ({0}.status in ('Resolved', 'Closed') or {0}.is_deleted)", alias,
                     fmt::join(spans, ") or ("));
}

Result<std::vector<Month>> read_months(warehouse::Connection& connection) {
  std::map<std::string, Month> months;
  DH_ASSIGN(const auto tickets,
            connection.query("select strftime(created_at, '%Y-%m'), count(*), count(*) filter (status not in "
                             "('Resolved', 'Closed') and not is_deleted) from operational.tickets group by all"));
  for (std::size_t i = 0; i < tickets.row_count(); ++i) {
    auto& month = months[tickets.display(i, 0)];
    month.tickets = tickets.integer(i, 1);
    month.open = tickets.integer(i, 2);
  }
  constexpr std::int64_t Month::*kCounts[] = {&Month::events, &Month::time_entries, &Month::surveys};
  for (std::size_t p = 0; p < std::size(kParts); ++p) {
    DH_ASSIGN(const auto parts, connection.query(fmt::format(
                                    "select strftime(t.created_at, '%Y-%m'), count(*) from operational.{} p join "
                                    "operational.tickets t on t.key = p.ticket_key group by all",
                                    kParts[p])));
    for (std::size_t i = 0; i < parts.row_count(); ++i) months[parts.display(i, 0)].*kCounts[p] = parts.integer(i, 1);
  }
  DH_ASSIGN(const auto dropped,
            connection.query("select strftime(month, '%Y-%m'), count(*) from meta.dropped_tickets group by all"));
  for (std::size_t i = 0; i < dropped.row_count(); ++i) months[dropped.display(i, 0)].dropped = dropped.integer(i, 1);
  std::vector<Month> all;
  for (auto& [name, month] : months) {
    month.name = name;
    all.push_back(std::move(month));
  }
  return all;
}

Result<std::int64_t> count_dropped(warehouse::Connection& connection, const Drop& drop) {
  DH_ASSIGN(const auto count,
            connection.scalar("select count(*) from operational.tickets t where " + drop.condition()));
  return count.value_or(0);
}

Status take_out(warehouse::Connection& connection, warehouse::Places& places, const Drop& drop, std::int64_t run_id) {
  DH_TRY(connection.execute(fmt::format(
      "create or replace temp table dropped as select key, date_trunc('month', created_at)::date as month from "
      "operational.tickets t where {}; insert into meta.dropped_tickets select key, month, {} from dropped",
      drop.condition(), run_id)));
  for (const auto part : kParts) {
    DH_TRY(connection.execute(fmt::format(
        "delete from meta.tombstones where entity = {1} and key in (select key from operational.{0} where ticket_key "
        "in "
        "(select key from dropped)); delete from operational.{0} where ticket_key in (select key from dropped)",
        part, sql_text(part))));
    places.replaced(fmt::format("operational.{}", part));
  }
  places.replaced("operational.tickets");
  return connection.execute(
      "delete from meta.tombstones where entity = 'tickets' and key in (select key from dropped); delete from "
      "operational.tickets where key in (select key from dropped); drop table dropped");
}

Result<RunReport> drop_tickets(const config::Config& config, Warehouse& warehouse, const Drop& drop,
                               const Observer& observer) {
  DH_ASSIGN(const auto as_of, warehouse.connection.scalar("select as_of from meta.state"));
  return run(config, warehouse,
             {.as_of = Timestamp{as_of.value_or(0)}, .whole = true, .only = {}, .kind = "retention", .drop = &drop},
             observer);
}

Result<std::optional<RunReport>> drop_expired(const config::Config& config, Warehouse& warehouse, Timestamp as_of,
                                              const Observer& observer) {
  if (config.retention_months == 0) return std::nullopt;
  const Drop drop{{}, first_kept_month(as_of, config.retention_months)};
  // Tickets that end later go with the next month: recomputing every model each day would be for little.
  DH_ASSIGN(const auto last, warehouse.connection.scalar_text(
                                 "select strftime(max(as_of), '%Y-%m') from meta.runs where kind = 'retention' and "
                                 "status = 'succeeded'"));
  if (last && *last >= to_string(as_of).substr(0, 7)) return std::nullopt;
  DH_ASSIGN(const auto tickets, count_dropped(warehouse.connection, drop));
  if (tickets == 0) return std::nullopt;
  return drop_tickets(config, warehouse, drop, observer);
}

Result<std::int64_t> restore_month(Warehouse& warehouse, const std::string& month) {
  DH_ASSIGN(const auto count, warehouse.connection.scalar(
                                  fmt::format("delete from meta.dropped_tickets where month = date '{}-01'", month)));
  return count.value_or(0);
}

}  // namespace deskhouse::pipeline
