// What the readers of database servers share: the life of one read, from the statement to the last row.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "sources/source.h"
#include "sources/sql_records.h"
#include "sources/sql_window.h"
#include "sources/text_arena.h"

namespace deskhouse::sources {

// What a reader needs to know of its entity, whatever the server; made when it is opened.
struct SqlPlan {
  config::EntityMapping entity;
  std::optional<SqlCursor> cursor;
  bool scans = false;  // rows are found by looking at them all
  Since since;
  SqlSelection columns;
};

class SqlReader : public Reader {
 public:
  SqlReader(const SqlReader&) = delete;
  SqlReader& operator=(const SqlReader&) = delete;

  const std::vector<std::string>& columns() const override { return plan_.columns.columns; }
  std::vector<std::string> unmapped_columns() const override { return plan_.columns.unmapped; }
  std::string header(std::int32_t) const override { return plan_.columns.header; }
  Progress progress() const override { return {bytes_.load(std::memory_order_relaxed), 0}; }
  std::string state() const override { return state_; }
  std::optional<Timestamp> latest_update() const override { return latest_; }
  Result<bool> next(RawBatch& batch, std::size_t max_records) override;

 protected:
  // `clocks` of the snapshot that the plan was made in.
  SqlReader(SqlPlan plan, const ServerClocks& clocks);

  // Sends the statement. Returns the state of the entity once it has been read to its end.
  virtual Result<SqlState> start() = 0;
  // Appends what comes next, at least a row; false at the end, with nothing appended.
  virtual Result<bool> read(RawBatch& batch, TextArena& arena) = 0;

  const SqlPlan& plan() const { return plan_; }
  const std::string& shown() const { return shown_; }  // the table or query, for messages
  SqlRecords& records() { return records_; }
  bool is_reading() const { return reading_; }  // the statement has been sent, and its end is yet to come
  void count_bytes(std::size_t bytes) { bytes_.fetch_add(static_cast<std::int64_t>(bytes), std::memory_order_relaxed); }

 private:
  Result<bool> fill(RawBatch& batch, std::size_t max_records);

  const SqlPlan plan_;
  const std::string shown_;
  SqlRecords records_;
  std::optional<Timestamp> latest_;
  bool started_ = false, reading_ = false;
  std::atomic<std::int64_t> bytes_{0};
  std::string state_;
  std::optional<Error> error_;
};

}  // namespace deskhouse::sources
