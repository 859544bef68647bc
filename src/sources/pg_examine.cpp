#include "sources/pg_examine.h"

#include <fmt/format.h>

namespace deskhouse::sources {
namespace {

constexpr double kLargeTable = 20e6;  // rows: reading past them all takes the server some seconds

Result<Finding> index_finding(PgSession& session, const PgRelation& relation, const SqlCursor& cursor) {
  const auto& column = cursor.times[0];
  DH_ASSIGN(
      const auto rows,
      session.query("looking for an index",
                    "select count(*) from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = "
                    "i.indkey[0] where i.indrelid = $1::oid and i.indisvalid and a.attname = $2",
                    {relation.id, column}));
  if (rows.text(0, 0) != "0")
    return Finding{Finding::Level::ok, fmt::format("there is an index on {}", quoted_name(column)), ""};
  return Finding{Finding::Level::warn, fmt::format("there is no index that begins with {}", quoted_name(column)),
                 fmt::format("Each run reads the whole table: CREATE INDEX ON {} ({}{})", relation.from,
                             quoted_name(column), cursor.id.empty() ? "" : ", " + quoted_name(cursor.id))};
}

Result<std::optional<Finding>> id_finding(PgSession& session, const config::EntityMapping& entity,
                                          const PgRelation& relation) {
  const auto* id = entity.find("id");
  if (id == nullptr || !id->column || (relation.kind != 'r' && relation.kind != 'p')) return std::nullopt;
  DH_ASSIGN(
      const auto rows,
      session.query("looking for a key",
                    "select count(*) from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum "
                    "= i.indkey[0] where i.indrelid = $1::oid and i.indisvalid and i.indisunique and i.indnkeyatts "
                    "= 1 and i.indpred is null and a.attname = $2",
                    {relation.id, *id->column}));
  return unique_finding(quoted_name(*id->column), rows.text(0, 0) != "0");
}

}  // namespace

Result<std::vector<Finding>> examine_relation(PgSession& session, const config::EntityMapping& entity,
                                              const PgRelation& relation, const std::optional<SqlCursor>& cursor,
                                              bool scans) {
  const auto& snapshot = session.snapshot();
  std::vector<Finding> findings;
  findings.push_back({Finding::Level::ok,
                      fmt::format("{}, version {}, as the role '{}', which may read {}", session.shown(),
                                  snapshot.server_version / 10'000, snapshot.user, relation.shown),
                      ""});
  findings.push_back(clock_finding(snapshot.clocks));
  if (relation.hides_rows)
    findings.push_back(
        {Finding::Level::warn,
         fmt::format("row security decides which rows the role '{}' sees: those it hides are as good as deleted",
                     snapshot.user),
         fmt::format("ALTER ROLE {} BYPASSRLS, or a policy that shows it all rows, or sweep = \"never\"",
                     quoted_name(snapshot.user))});
  if (!relation.id.empty()) {
    DH_ASSIGN(auto unique, id_finding(session, entity, relation));
    if (unique) findings.push_back(*std::move(unique));
  }
  if (!cursor) return findings;
  if (scans) {
    if (relation.rows > kLargeTable)
      findings.push_back(
          {Finding::Level::warn,
           fmt::format("each run looks at all {:.0f} million rows for late commits", relation.rows / 1e6),
           "If that is too slow, set horizon = \"window\" and have an index on updated_at"});
    return findings;
  }
  if (!relation.id.empty() && relation.has_xmin()) {
    DH_ASSIGN(auto index, index_finding(session, relation, *cursor));
    findings.push_back(std::move(index));
  }
  if (!snapshot.sees_all)
    findings.push_back(
        {Finding::Level::warn,
         fmt::format("the role '{}' may not see since when other transactions are open, so one that is "
                     "open for longer than {} s can be missed",
                     snapshot.user, entity.overlap_seconds),
         fmt::format("GRANT pg_read_all_stats TO {} and read the primary, or a table with horizon = \"scan\"",
                     quoted_name(snapshot.user))});
  return findings;
}

}  // namespace deskhouse::sources
