#include "sources/mysql_examine.h"

#include <fmt/format.h>

namespace deskhouse::sources {
namespace {

constexpr std::int64_t kLongTransaction = kMicrosPerHour;

Result<Finding> index_finding(MysqlSession& session, const MysqlRelation& relation, const SqlCursor& cursor) {
  const auto& column = cursor.times[0];
  DH_ASSIGN(const auto rows, session.query("looking for an index",
                                           "select count(*) from information_schema.statistics where table_schema = ? "
                                           "and table_name = ? and column_name = ? and seq_in_index = 1",
                                           {relation.database, relation.table, column}));
  const auto name = mysql_quoted(column);
  if (rows.integer(0, 0) > 0) return Finding{Finding::Level::ok, fmt::format("there is an index on {}", name), ""};
  return Finding{Finding::Level::warn, fmt::format("there is no index that begins with {}", name),
                 fmt::format("Each run reads the whole table: CREATE INDEX deskhouse ON {} ({}{})", relation.from, name,
                             cursor.id.empty() ? "" : ", " + mysql_quoted(cursor.id))};
}

Result<std::optional<Finding>> id_finding(MysqlSession& session, const config::EntityMapping& entity,
                                          const MysqlRelation& relation) {
  const auto* id = entity.find("id");
  if (id == nullptr || !id->column || relation.engine.empty()) return std::nullopt;
  DH_ASSIGN(
      const auto rows,
      session.query("looking for a key",
                    "select count(*) from (select index_name from information_schema.statistics where "
                    "table_schema = ? and table_name = ? and non_unique = 0 group by index_name having count(*) = "
                    "1 and min(column_name) = ?) as keys_of_one_column",
                    {relation.database, relation.table, *id->column}));
  return unique_finding(mysql_quoted(*id->column), rows.integer(0, 0) > 0);
}

std::optional<Finding> engine_finding(const MysqlRelation& relation) {
  if (relation.engine.empty() || relation.engine == "InnoDB") return std::nullopt;
  return Finding{
      Finding::Level::warn,
      fmt::format("{} has the engine {}, which has no snapshots: rows that are written while a run reads are "
                  "of another moment than the rest",
                  relation.shown, relation.engine),
      fmt::format("ALTER TABLE {} ENGINE = InnoDB", relation.from)};
}

std::optional<Finding> horizon_finding(const MysqlSnapshot& snapshot, const config::EntityMapping& entity, bool scans) {
  if (!snapshot.sees_all && entity.horizon == config::Horizon::automatic)
    return Finding{Finding::Level::warn, fmt::format("each run reads all rows, since {}", snapshot.blind_because),
                   fmt::format("{}; or set horizon = \"window\", and overlap to more than a transaction may take",
                               snapshot.to_see)};
  if (!snapshot.sees_all && !scans)
    return Finding{Finding::Level::warn,
                   fmt::format("{}, so one that is open for longer than {} s can be missed", snapshot.blind_because,
                               entity.overlap_seconds),
                   fmt::format("{}; or set horizon = \"scan\"", snapshot.to_see)};
  const auto age = snapshot.clocks.clock.us - snapshot.clocks.oldest.us;
  if (!scans && age > kLongTransaction)
    return Finding{Finding::Level::warn,
                   fmt::format("a transaction has been open for {} h, and each run reads again what changed since",
                               age / kMicrosPerHour),
                   "End it: SELECT * FROM information_schema.innodb_trx ORDER BY trx_started"};
  return std::nullopt;
}

}  // namespace

Result<std::vector<Finding>> examine_relation(MysqlSession& session, const config::EntityMapping& entity,
                                              const MysqlRelation& relation, const std::optional<SqlCursor>& cursor,
                                              bool scans) {
  const auto& snapshot = session.snapshot();
  std::vector<Finding> findings;
  findings.push_back({Finding::Level::ok,
                      fmt::format("{}, version {}, as the user {}, who may read {}", session.shown(), snapshot.version,
                                  snapshot.user, relation.shown),
                      ""});
  findings.push_back(clock_finding(snapshot.clocks));
  if (auto engine = engine_finding(relation)) findings.push_back(*std::move(engine));
  DH_ASSIGN(auto unique, id_finding(session, entity, relation));
  if (unique) findings.push_back(*std::move(unique));
  if (!cursor) return findings;
  if (auto horizon = horizon_finding(snapshot, entity, scans)) findings.push_back(*std::move(horizon));
  if (scans || relation.engine.empty()) return findings;  // an index is of no use, or nobody knows on what
  DH_ASSIGN(auto index, index_finding(session, relation, *cursor));
  findings.push_back(std::move(index));
  return findings;
}

}  // namespace deskhouse::sources
