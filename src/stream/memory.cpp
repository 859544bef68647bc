#include "stream/memory.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "warehouse/functions.h"
#include "warehouse/places.h"
#include "warehouse/row_writer.h"

namespace deskhouse::stream {

using warehouse::Connection;
using warehouse::sql_text;

Result<StoredOffsets> read_offsets(Connection& connection) {
  DH_ASSIGN(const auto rows,
            connection.query("select cluster_id, topic, partition, next_offset, fingerprint from meta.stream_offsets "
                             "order by topic, partition"));
  StoredOffsets stored;
  for (std::size_t i = 0; i < rows.row_count(); ++i) {
    const auto cluster = rows.display(i, 0);
    DH_ASSERT(stored.cluster_id.empty() || stored.cluster_id == cluster, "offsets are of one cluster");
    stored.cluster_id = cluster;
    Position position{{rows.display(i, 1), static_cast<std::int32_t>(rows.integer(i, 2))}, rows.integer(i, 3), {}};
    if (!rows.is_null(i, 4)) position.fingerprint = rows.integer(i, 4);
    stored.positions.push_back(std::move(position));
  }
  return stored;
}

Status write_offsets(Connection& connection, const std::string& cluster_id, const std::vector<Position>& positions,
                     std::int64_t run_id) {
  std::vector<std::string> places, rows;
  for (const auto& p : positions) {
    places.push_back(fmt::format("({}, {})", sql_text(p.place.topic), p.place.partition));
    rows.push_back(fmt::format("({}, {}, {}, {}, {}, {})", sql_text(cluster_id), sql_text(p.place.topic),
                               p.place.partition, p.next_offset,
                               p.fingerprint ? std::to_string(*p.fingerprint) : "null", run_id));
  }
  if (rows.empty()) return {};
  return connection.execute(
      fmt::format("delete from meta.stream_offsets where (topic, partition) in ({}); insert into meta.stream_offsets "
                  "values {}",
                  fmt::join(places, ", "), fmt::join(rows, ", ")));
}

Status forget_offsets(Connection& connection) {
  return connection.execute("delete from meta.stream_offsets");
}

EventMemory::EventMemory(warehouse::Database& database, Connection& connection, std::string source,
                         const schema::TableInfo& entity)
    : database_(database), connection_(connection), source_(std::move(source)), entity_(entity) {}

Result<std::vector<std::int64_t>> EventMemory::keys() {
  return connection_.integers(
      fmt::format("select distinct key from staging.stream_events where source = {} and entity = {}", sql_text(source_),
                  sql_text(entity_.name)));
}

Result<Seen> EventMemory::read(const std::vector<std::int64_t>& keys) {
  Seen seen;
  warehouse::LocalSets sets(database_.functions());
  DH_ASSIGN(const auto rows,
            connection_.query(
                fmt::format("select key, event_at, version, hash, is_whole, fields from staging.stream_events where "
                            "source = {} and entity = {} and {}",
                            sql_text(source_), sql_text(entity_.name), sets.in(keys, "key"))));
  for (std::size_t i = 0; i < rows.row_count(); ++i) {
    auto document = from_json(rows.text(i, 5), entity_);
    DH_ASSERT(document.has_value(), "staging.stream_events holds what was written there");
    seen[rows.integer(i, 0)].push_back(
        {{rows.integer(i, 1), rows.integer(i, 2), rows.integer(i, 4) == 0, rows.integer(i, 3)}, *std::move(document)});
  }
  std::vector<std::int64_t> others;
  for (const auto key : keys) {
    const auto found = seen.find(key);
    if (found == seen.end()) others.push_back(key);
  }
  DH_TRY(database_.places().open(connection_));
  DH_ASSIGN(const auto known,
            database_.places().rows_of(connection_, fmt::format("operational.{}", entity_.name), "key", others));
  DH_TRY(add_states(known.select(columns_of_states(), "operational." + std::string(entity_.name)), seen));
  return seen;
}

Status EventMemory::add_states(const std::vector<std::int64_t>& keys, const std::string& rows, Seen& seen) {
  warehouse::LocalSets sets(database_.functions());
  return add_states(fmt::format("select {} from {} where {}", columns_of_states(), rows, sets.in(keys, "key")), seen);
}

std::string EventMemory::columns_of_states() const {
  std::vector<std::string> texts;
  for (const auto& column : entity_.columns)
    texts.push_back(column.type == schema::Type::timestamp
                        ? fmt::format("strftime({}, '%Y-%m-%dT%H:%M:%S.%fZ')", column.name)
                        : fmt::format("{}::varchar", column.name));
  const bool has_version = entity_.find("version") != schema::TableInfo::npos;
  return fmt::format("key, coalesce(updated_at, timestamp '1970-01-01'), {}, row_hash, {}",
                     has_version ? "coalesce(version, 0)" : "0::bigint", fmt::join(texts, ", "));
}

Status EventMemory::add_states(const std::string& sql, Seen& seen) {
  DH_ASSIGN(const auto states, connection_.query(sql));
  for (std::size_t i = 0; i < states.row_count(); ++i) {
    SeenEvent event{{states.integer(i, 1), states.integer(i, 2), false, states.integer(i, 3)}, {}};
    for (std::size_t c = 0; c < entity_.columns.size(); ++c)
      event.document.push_back(
          {true, states.is_null(i, c + 4) ? std::nullopt : std::optional(states.display(i, c + 4))});
    seen[states.integer(i, 0)].push_back(std::move(event));
  }
  return {};
}

Status EventMemory::write(const std::map<std::int64_t, std::vector<SeenEvent>>& keep, std::int64_t run_id) {
  std::vector<std::int64_t> keys;
  for (const auto& [key, events] : keep) keys.push_back(key);
  if (keys.empty()) return {};
  warehouse::LocalSets sets(database_.functions());
  DH_TRY(connection_.execute(fmt::format("delete from staging.stream_events where source = {} and entity = {} and {}",
                                         sql_text(source_), sql_text(entity_.name), sets.in(keys, "key"))));
  DH_ASSIGN(auto writer, warehouse::RowWriter::open(connection_, "staging", "stream_events"));
  for (const auto& [key, events] : keep)
    for (const auto& e : events) {
      writer.text(source_).text(entity_.name).integer(key).timestamp({e.order.at_us}).integer(e.order.version);
      writer.integer(e.order.hash).boolean(!e.order.is_partial).text(to_json(e.document, entity_)).integer(run_id);
      DH_TRY(writer.end_row());
    }
  return writer.flush();
}

}  // namespace deskhouse::stream
