// The records of one entity of one source that events tell of: what a micro-batch brings of them, folded with what was
// seen before (docs/decisions/0031).
#pragma once

#include <set>

#include "pipeline/extraction.h"
#include "stream/events.h"
#include "stream/memory.h"

namespace deskhouse::stream {

// Not thread-safe. One for the life of a stream; the members of a micro-batch are replaced by prepare().
class EntityState {
 public:
  // Reads which records need folding.
  static Result<std::unique_ptr<EntityState>> open(warehouse::Database& database, warehouse::Connection& connection,
                                                   const config::EntityMapping& mapping);

  const config::EntityMapping& mapping() const { return decoder_->mapping(); }
  const config::SourceConfig& source() const { return source_; }
  bool is_of(const std::string& source, const std::string& entity) const {
    return mapping().source == source && mapping().entity == entity;
  }
  // Somebody else has written to the warehouse: forgets what it believed to know of it.
  Status refresh();
  // Takes over what a micro-batch decoded of this entity, and folds.
  Status prepare(Decoded decoded);
  // The same of events that a cluster decoded and staged; their files stay until the next call.
  Status prepare(staging::PreparedFiles files);
  bool is_empty() const {
    return decoded_.whole.empty() && settled_.records.empty() && decoded_.partial.empty() && !prepared_;
  }
  std::size_t events() const;
  // Whether what was prepared is whole documents, which need no folding with what was seen.
  bool stands_alone() const { return decoded_.partial.empty() && keep_.empty() && settled_.records.empty(); }
  // Whether that holds of these too, so that they may follow. Changes nothing; from the thread that uses the state or
  // one that it waits for.
  bool stands_alone(const Decoded& decoded);

  // For the run. The batches of the micro-batch in order, the settled records last: those that are not among the
  // prepared files. After release_prepared() none are.
  std::vector<const sources::RawBatch*> batches() const;
  const std::optional<staging::PreparedFiles>& prepared() const { return prepared_; }
  // A run cannot load them as they are: reads the records themselves out of them.
  Status release_prepared();
  Result<std::unique_ptr<staging::Stager>> make_stager() const;
  void correct(pipeline::Balance& balance) const;
  Result<bool> observe(warehouse::Connection& connection, std::int64_t run_id, Timestamp at) const;
  Status record(std::int64_t run_id);  // with the connection of open()
  // After the transaction is committed.
  void committed();

 private:
  EntityState(std::unique_ptr<Decoder> decoder, warehouse::Connection& connection, EventMemory memory);
  void begin();
  Status fold_all(const std::set<std::int64_t>& keys);
  std::set<std::int64_t> find_keys(const Decoded& decoded);
  Result<std::set<std::int64_t>> find_prepared_keys();
  Status add_whole(const std::set<std::int64_t>& keys, Seen& seen);
  Status read_partials();
  void add_partial(Seen& seen);
  void settle(std::int64_t key, Folded folded);

  config::SourceConfig source_;
  std::unique_ptr<Decoder> decoder_;
  config::EntityMapping canonical_;
  std::unique_ptr<staging::Stager> hasher_;  // of canonical records, for their row_hash
  warehouse::Connection* connection_;        // of open()
  EventMemory memory_;
  std::set<std::int64_t> remembered_;
  // Of the micro-batch:
  Decoded decoded_;
  std::optional<staging::PreparedFiles> prepared_;
  sources::RawBatch settled_;
  std::map<std::int64_t, std::vector<SeenEvent>> keep_;
  std::map<std::int64_t, std::vector<std::int64_t>> fresh_;  // by record: hashes of partial events that are new
  std::int64_t repeated_ = 0, outdated_ = 0;
};

}  // namespace deskhouse::stream
