#include "pipeline/time_travel.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/parse.h"
#include "base/values.h"

namespace deskhouse::pipeline {

namespace {

using warehouse::Snapshot;

std::optional<Timestamp> time_of(const std::string& text) {
  if (const auto date = parse_iso_date(text)) return Timestamp{std::int64_t{date->days} * kMicrosPerDay};
  return parse_iso_timestamp(text);
}

// "runs 3 to 12"
std::string reach_of(const std::vector<Snapshot>& snapshots) {
  const auto first = std::ranges::find_if(snapshots, [](const auto& s) { return s.run_id.has_value(); });
  if (first == snapshots.end()) return "there is none of a run yet";
  const auto last =
      std::find_if(snapshots.rbegin(), snapshots.rend(), [](const auto& s) { return s.run_id.has_value(); });
  return fmt::format("they reach from run {}, {}, to run {}, {}", *first->run_id, to_string(first->taken_at),
                     *last->run_id, to_string(last->taken_at));
}

}  // namespace

Result<std::vector<Snapshot>> list_snapshots(warehouse::Connection& connection) {
  if (!connection.is_of_lake())
    return fail(Error::Kind::usage,
                "A warehouse that is a file keeps no past states, so that there is nothing to look at as of then. It "
                "keeps what happened to each ticket (operational.ticket_events), each version of agents and customers "
                "(core.dim_agent, core.dim_customer: valid_from, valid_to) and each run (meta.runs). A lake keeps "
                "snapshots: `deskhouse migrate --help`, docs/lake.md");
  return warehouse::read_snapshots(connection);
}

Result<Snapshot> find_snapshot(warehouse::Connection& connection, const std::string& as_of) {
  DH_ASSIGN(const auto snapshots, list_snapshots(connection));
  const auto number = parse_integer(as_of);
  const auto time = time_of(as_of);
  if (!number.ok() && !time)
    return fail(Error::Kind::usage, fmt::format("'{}' is neither the id of a run nor a time; write 12, 2024-03-05 or "
                                                "2024-03-05T14:00:00Z",
                                                as_of));
  const Snapshot* found = nullptr;
  for (const auto& snapshot : snapshots)
    if (number.ok() ? snapshot.run_id == number.value : snapshot.taken_at <= *time) found = &snapshot;
  if (found != nullptr) return *found;
  return fail(Error::Kind::usage,
              fmt::format("There is no snapshot {} {}: {}. How long they are kept is maintenance.keep_snapshots",
                          number.ok() ? "of run" : "as of", as_of, reach_of(snapshots)));
}

Result<warehouse::Connection> connect_as_of(warehouse::Database& database, warehouse::Connection& connection,
                                            const std::string& as_of) {
  DH_ASSIGN(const auto snapshot, find_snapshot(connection, as_of));
  return database.connect_to(snapshot.id);
}

Result<warehouse::Connection> connect_to_latest(warehouse::Database& database, warehouse::Connection& connection) {
  DH_ASSIGN(const auto snapshots, list_snapshots(connection));
  return database.connect_to(snapshots.back().id);
}

}  // namespace deskhouse::pipeline
