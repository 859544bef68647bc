#include "pipeline/past_runs.h"

#include <fmt/format.h>

#include <algorithm>

namespace deskhouse::pipeline {

namespace {

// When each entity of a source was last read by a run that succeeded.
using LastReads = std::map<std::pair<std::string, std::string>, Timestamp>;

Result<LastReads> last_reads(warehouse::Connection& connection) {
  DH_ASSIGN(const auto rows, connection.query("select b.source, b.entity, max(r.started_at) from meta.runs r join "
                                              "meta.balances b using (run_id) where r.status = 'succeeded' and r.kind "
                                              "= 'run' group by all"));
  LastReads reads;
  for (std::size_t i = 0; i < rows.row_count(); ++i)
    reads[{rows.display(i, 0), rows.display(i, 1)}] = Timestamp{rows.integer(i, 2)};
  return reads;
}

std::optional<Timestamp> last_success(const config::SourceConfig& source, const LastReads& reads) {
  std::optional<Timestamp> last;
  for (const auto& entity : source.entities) {
    const auto it = reads.find({source.name, entity.entity});
    if (it == reads.end()) return std::nullopt;
    last = last ? std::min(*last, it->second) : it->second;
  }
  return last;
}

}  // namespace

Result<std::map<std::string, PastRuns>> read_past_runs(warehouse::Connection& connection,
                                                       const std::vector<config::SourceConfig>& sources) {
  DH_ASSIGN(const auto reads, last_reads(connection));
  std::map<std::string, PastRuns> past;
  for (const auto& source : sources) {
    auto& runs = past[source.name];
    runs.last_success = last_success(source, reads);
    const auto since = runs.last_success ? warehouse::sql_timestamp(*runs.last_success) : "timestamp '-infinity'";
    DH_ASSIGN(
        const auto failed,
        connection.query(fmt::format(
            "select count(*), coalesce(max(coalesce(finished_at, started_at)), timestamp '1970-01-01') from "
            "meta.runs where kind = 'run' and status in ('failed', 'interrupted') and (source is null or source = "
            "{}) and started_at > {}",
            warehouse::sql_text(source.name), since)));
    runs.failures = static_cast<int>(failed.integer(0, 0));
    runs.last_failure = Timestamp{failed.integer(0, 1)};
  }
  return past;
}

}  // namespace deskhouse::pipeline
