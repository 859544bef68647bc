// What the warehouse keeps of a stream: how far its partitions were read (meta.stream_offsets), and what folding the
// events of a record needs (staging.stream_events). Written in the transaction that publishes the rows.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "stream/events.h"
#include "warehouse/database.h"

namespace deskhouse::stream {

struct StoredOffsets {
  std::string cluster_id;  // empty: nothing was read yet
  std::vector<Position> positions;
};
// Fails if the topics were read from two clusters, which no run writes.
Result<StoredOffsets> read_offsets(warehouse::Connection& connection);
Status write_offsets(warehouse::Connection& connection, const std::string& cluster_id,
                     const std::vector<Position>& positions, std::int64_t run_id);
Status forget_offsets(warehouse::Connection& connection);

// Events of records, by the record's key.
using Seen = std::map<std::int64_t, std::vector<SeenEvent>>;

// Of one entity of one source. Not thread-safe.
class EventMemory {
 public:
  EventMemory(warehouse::Database& database, warehouse::Connection& connection, std::string source,
              const schema::TableInfo& entity);
  // Keys of all records of which there is something.
  Result<std::vector<std::int64_t>> keys();
  // What is remembered of these records; of one that is not remembered and is in the warehouse, its row as the one
  // whole document that was seen.
  Result<Seen> read(const std::vector<std::int64_t>& keys);
  // Of these records what stands in `rows`, behind FROM: in the columns of the entity, with key and row_hash, each a
  // whole document that was seen.
  Status add_states(const std::vector<std::int64_t>& keys, const std::string& rows, Seen& seen);
  // Instead of what is remembered of the same records.
  Status write(const std::map<std::int64_t, std::vector<SeenEvent>>& keep, std::int64_t run_id);

 private:
  std::string columns_of_states() const;
  Status add_states(const std::string& sql, Seen& seen);
  warehouse::Database& database_;
  warehouse::Connection& connection_;
  std::string source_;
  const schema::TableInfo& entity_;
};

}  // namespace deskhouse::stream
