// Deskhouse's SQL functions: the pure core, called by DuckDB's threads on vectors of 2048 rows. docs/models.md lists
// them for users. State that they need (policies, as_of, the sets of changed keys) is set here before SQL runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/time_zone.h"
#include "core/sla.h"
#include "schema/batch.h"
#include "warehouse/histories.h"
#include "warehouse/places.h"

namespace deskhouse::warehouse {

// A set of 64-bit keys made for many probes that miss: a bit filter of 16 bits a key before the table.
class KeySet {
 public:
  explicit KeySet(std::span<const std::int64_t> keys);
  bool contains(std::int64_t key) const;
  std::size_t size() const { return size_; }

 private:
  std::vector<std::uint64_t> filter_;
  std::vector<std::int64_t> slots_;  // open addressing; 0: free
  bool has_zero_ = false;
  std::uint64_t filter_mask_, slot_mask_;
  std::size_t size_ = 0;
};

// A set of rowids made for scans, which bring them in order: most vectors hold none of them.
class PlaceSet {
 public:
  explicit PlaceSet(std::vector<std::int64_t> places);
  void mark(std::span<const std::int64_t> rowids, bool* is_in) const;

 private:
  std::vector<std::int64_t> places_;  // ascending
};

// Tells keys that may have come before from those that surely have not, in two bytes a key or a little more.
// Thread-safe.
class SeenKeys {
 public:
  explicit SeenKeys(std::int64_t keys);
  // Whether this key, or (for one key in 16 at most) another with the same bit, was asked for before.
  bool seen_before(std::int64_t key);

 private:
  std::vector<std::atomic<std::uint64_t>> bits_;
};

// What a batch scan serves: rows of one entity with what orders them. Not owned.
struct BatchSource {
  const schema::Batch* rows = nullptr;
  std::span<const std::int64_t> key, position, row_hash;
  std::size_t from = 0, to = 0;  // rows [from, to)
};

// Where deskhouse_batch() gets its rows: DuckDB's threads ask for one source after another and give each back when its
// last row is written. Thread-safe; next() may wait.
class BatchFeed {
 public:
  virtual ~BatchFeed() = default;
  virtual const std::vector<schema::BatchColumn>& columns() const = 0;
  virtual const BatchSource* next() = 0;  // nullptr: no more
  virtual void done(const BatchSource* source) = 0;
};

// Shared by all connections of a database. Setters are called while no statement runs.
class FunctionContext {
 public:
  void set_as_of(Timestamp as_of) { as_of_ = as_of; }
  void set_policies(core::SlaPolicies policies) { policies_ = std::move(policies); }
  void set_reporting_zone(TimeZone zone) { zone_ = std::move(zone); }
  Timestamp as_of() const { return as_of_; }
  const core::SlaPolicies& policies() const { return policies_; }
  const TimeZone& reporting_zone() const { return zone_; }

  // Registers keys for in_changed(id, key); returns the id. Sets live until drop_set() or clear_sets(): most are a
  // LocalSets' (below).
  int add_set(std::span<const std::int64_t> keys);
  const KeySet* set(int id) const;
  void drop_set(int id);  // REQUIRES that no statement names it any more
  // Registers rowids for in_places(id, rowid), likewise.
  int add_places(std::vector<std::int64_t> places);
  const PlaceSet* places(int id) const;
  void clear_sets() {
    sets_.clear();
    place_sets_.clear();
  }
  // Where remember_place(key, rowid) puts what it is asked for, until the next call; not owned.
  void collect_places(std::vector<PlaceEntry>* entries) { collected_ = entries; }
  void collect(std::span<const PlaceEntry> entries);  // thread-safe

  // Until the next call, seen_before(key) is about keys asked for from now on; 0 ends it.
  void expect_keys(std::int64_t keys) { seen_ = keys > 0 ? std::make_unique<SeenKeys>(keys) : nullptr; }
  SeenKeys* seen() const { return seen_.get(); }

  // What remember_history() fills and ticket_measures() reads.
  Histories& histories() { return histories_; }

  // What the next statement's deskhouse_batch() reads; outlives it. One such statement runs at a time.
  void set_feed(BatchFeed* feed) { feed_ = feed; }
  BatchFeed* feed() const { return feed_; }

 private:
  Timestamp as_of_{};
  core::SlaPolicies policies_;
  TimeZone zone_;
  std::vector<std::unique_ptr<KeySet>> sets_;
  std::vector<std::unique_ptr<PlaceSet>> place_sets_;
  std::mutex collecting_;
  std::vector<PlaceEntry>* collected_ = nullptr;
  std::unique_ptr<SeenKeys> seen_;
  Histories histories_;
  BatchFeed* feed_ = nullptr;
};

// Sets of keys that one piece of work needs: of millions of keys they are a good part of what a run takes. They are
// dropped at its end, when no statement names them any more.
class LocalSets {
 public:
  explicit LocalSets(FunctionContext& functions) : functions_(functions) {}
  ~LocalSets() {
    for (const auto id : ids_) functions_.drop_set(id);
  }
  LocalSets(const LocalSets&) = delete;
  LocalSets& operator=(const LocalSets&) = delete;

  int add(std::span<const std::int64_t> keys) { return ids_.emplace_back(functions_.add_set(keys)); }
  // SQL that is true where `column` is one of them.
  std::string in(std::span<const std::int64_t> keys, std::string_view column);

 private:
  FunctionContext& functions_;
  std::vector<int> ids_;
};

// Registers all functions, once per database. `connection` is a duckdb_connection.
Status register_functions(void* connection, FunctionContext& context);
Status register_measures(void* connection, FunctionContext& context);       // functions_measures.cpp
Status register_batch_scan(void* connection, FunctionContext& context);     // batch_scan.cpp
Status register_distributions(void* connection, FunctionContext& context);  // functions_distribution.cpp

}  // namespace deskhouse::warehouse
