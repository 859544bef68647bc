// The embedded DuckDB: opening, connections, results. The only room that knows DuckDB; its types stay behind
// these headers. A Database outlives its Connections. A Connection is used by one thread at a time; several may
// work at once, each in a transaction of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/values.h"

namespace deskhouse::config {
struct Location;
}

namespace deskhouse::warehouse {

class FunctionContext;
class Places;
struct LakeCopy;

struct OpenOptions {
  std::string path;                        // a file, or ":memory:"; of a lake where files beside it have their place
  const config::Location* lake = nullptr;  // not owned; REQUIRES that it is one
  std::string memory_limit = "256MB";      // or config::kAutomatic: what fits the file (memory_limit.h)
  std::int64_t threads = 0;                // 0: all cores
  bool read_only = false;
};

// A whole result in memory, chunk by chunk. Movable.
class Rows {
 public:
  Rows();
  Rows(Rows&&) noexcept;
  Rows& operator=(Rows&&) noexcept;
  ~Rows();

  std::size_t column_count() const;
  std::size_t row_count() const;
  std::string column_name(std::size_t column) const;
  // DuckDB's name of the type: BIGINT, VARCHAR, TIMESTAMP, DECIMAL, ...
  std::string column_type(std::size_t column) const;
  bool is_number(std::size_t column) const;  // printed without quotes in JSON, right-aligned in a table

  bool is_null(std::size_t row, std::size_t column) const;
  // Integers of any width and booleans; dates as days, timestamps as microseconds, decimals as unscaled units.
  std::int64_t integer(std::size_t row, std::size_t column) const;
  double real(std::size_t row, std::size_t column) const;
  std::string_view text(std::size_t row, std::size_t column) const;  // VARCHAR and BLOB: the bytes
  // Any type as people read it; NULL is "".
  std::string display(std::size_t row, std::size_t column) const;

 private:
  friend class Connection;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A value of a statement's parameter; none is NULL.
using Parameter = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

struct SelectLimits {
  std::size_t rows = 10'000;               // what is beyond is left out
  std::chrono::milliseconds time{30'000};  // then the statement is interrupted
  std::size_t bytes = 64 << 20;            // of all rows, roughly; what is beyond is left out
  std::stop_token stop = {};               // then, too
};

enum class FileFormat { csv, json, parquet };

struct CopyTarget {
  std::string path;
  FileFormat format = FileFormat::csv;
  bool is_in_place = false;        // written into what is there, not beside it and then put in its place
  bool is_in_transaction = false;  // of the caller, which stays open
};

struct Selected {
  Rows rows;
  bool truncated = false;
};

class Connection {
 public:
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  // One or more statements. An error that is not theirs but the machine's is of Kind::io (engine_error.h).
  Status execute(std::string_view sql);
  // The same without waiting for the turn of those who write to a lake: of what is not kept there.
  Status execute_now(std::string_view sql);
  // The same for a statement that scans large tables for little: with all threads, also while OneThread lives.
  Status scan(std::string_view sql);
  Result<Rows> query(std::string_view sql);
  // One SELECT with its parameters ($1 or ?), in a transaction that can only read. An error that says which limit was
  // reached is of Kind::usage.
  Result<Selected> select(std::string_view sql, std::span<const Parameter> parameters, const SelectLimits& limits);
  // Writes the rows of one SELECT to a file: how many. It reads only, too; more than the limits is an error, since a
  // file does not say that there was more. REQUIRES of the statement what select() does.
  Result<std::int64_t> copy(std::string_view sql, std::span<const Parameter> parameters, const CopyTarget& target,
                            const SelectLimits& limits);
  // One value of a query that gives one row; nullopt for NULL or no row.
  Result<std::optional<std::int64_t>> scalar(std::string_view sql);
  Result<std::optional<std::string>> scalar_text(std::string_view sql);
  // The first column of a query, of whole numbers that are never NULL.
  Result<std::vector<std::int64_t>> integers(std::string_view sql);

  // An error (usage) where one of the statements does more than read: ends a transaction, sets, attaches.
  Status check_only_reads(const std::string& sql);

  // Stops what this connection executes; it returns an error. Callable from any thread.
  void interrupt();
  // The same, wherever this connection is moved to; not to be called after its end.
  std::function<void()> interrupter() const;
  bool is_of_lake() const;          // also: has snapshots
  void* handle() const;             // duckdb_connection, for the files of this room
  const std::string& path() const;  // of the database

 private:
  friend class Database;
  friend class JoinsAsWritten;
  friend class OneThread;
  friend class Transaction;
  // Around a statement that only reads. By a copy of a catalogue the transaction goes on to the next one, unless its
  // result was not read to the end.
  Status begin_reading();
  void end_reading(bool is_whole);
  void read_on();  // by a copy of a catalogue, after a failure, which has ended the transaction
  struct Impl;
  std::unique_ptr<Impl> impl_;
  Connection();
};

class Database {
 public:
  // Fails with one clear sentence when another process has the file (or writes to the lake), it is not ours, or cannot
  // be created.
  static Result<std::unique_ptr<Database>> open(const OpenOptions& options);
  ~Database();
  // Deskhouse's SQL functions are available on every connection (functions.h).
  Result<Connection> connect();
  // The same over a lake as it was in one of its snapshots (snapshots.h), to read only. REQUIRES a lake.
  Result<Connection> connect_to(std::int64_t snapshot);
  // The id of a lake's latest snapshot. Thread-safe. REQUIRES a lake.
  Result<std::int64_t> latest_snapshot();
  // The catalogue of a lake as it is now (lake_copy.h): `last`, if nothing was committed since. Thread-safe. REQUIRES a
  // lake.
  Result<std::shared_ptr<const LakeCopy>> copy_catalogue(std::shared_ptr<const LakeCopy> last);
  // Reads by such a copy, all its statements in one transaction.
  Result<Connection> connect_to(std::shared_ptr<const LakeCopy> copy);
  bool is_lake() const;
  // Where the memory limit is automatic: sets it to what fits the file as it is now (memory_limit.h).
  Status fit_memory(Connection& connection);
  FunctionContext& functions();
  Places& places();
  const std::string& path() const;

 private:
  Database();
  Status attach(const config::Location& location, bool read_only);
  // As connect(), with the lake not the default: DuckLake would look into it for the name of each function.
  Result<Connection> connect_bare();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// BEGIN on construction; ROLLBACK unless commit() succeeded. Begun and ended by one thread. Those that write take turns
// in a lake, where one that began before another's commit could not commit itself; so do single statements that are
// executed.
class Transaction {
 public:
  enum class Mode { writes, reads };
  static Result<Transaction> begin(Connection& connection, Mode mode = Mode::writes);
  Transaction(Transaction&& other) noexcept
      : turn_(std::move(other.turn_)), connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&& other) noexcept {
    std::swap(turn_, other.turn_);
    std::swap(connection_, other.connection_);
    return *this;
  }
  Transaction(const Transaction&) = delete;
  ~Transaction();
  Status commit();

 private:
  Transaction(Connection* connection, std::unique_lock<std::recursive_mutex> turn)
      : turn_(std::move(turn)), connection_(connection) {}
  std::unique_lock<std::recursive_mutex> turn_;
  Connection* connection_;
};

// While it lives, a commit writes what it changes into the file itself, by a checkpoint, and nothing into the log
// before: half the writing for a run, too much work for a single row. A lake has no log.
class CheckpointAtCommit {
 public:
  explicit CheckpointAtCommit(Connection& connection);
  CheckpointAtCommit(const CheckpointAtCommit&) = delete;
  ~CheckpointAtCommit();

 private:
  Connection& connection_;
};

// While it lives, statements of the whole database use one thread: for little data two are slower than one, because
// each fills and merges columns of its own. Nothing changes on a lake, and by one within another that is for all
// statements: changing the number of threads takes two milliseconds.
class OneThread {
 public:
  // `throughout`: scan() too, where beginning and ending threads would cost more than they save.
  explicit OneThread(Connection& connection, bool throughout = false);
  OneThread(const OneThread&) = delete;
  ~OneThread();

 private:
  Connection& connection_;
  std::int64_t threads_ = 0;  // to go back to; 0: nothing was changed
};

// While it lives, joins of the whole database hash the side that is written second. DuckDB chooses the one that it
// takes for smaller, and takes a table that the same transaction has made for empty.
class JoinsAsWritten {
 public:
  explicit JoinsAsWritten(Connection& connection);
  JoinsAsWritten(const JoinsAsWritten&) = delete;
  ~JoinsAsWritten();  // in a failed transaction, too

 private:
  Connection& connection_;
  std::string turned_off_;  // optimizers, before
};

// The same rows with a ' before texts that a spreadsheet would run as a formula; all columns become text.
std::string without_formulas(std::string_view sql);
std::string sql_text(std::string_view value);  // 'it''s'
std::string sql_timestamp(Timestamp t);        // TIMESTAMP '2024-01-01 00:00:00'
std::string sql_name(std::string_view name);   // "quoted identifier"

}  // namespace deskhouse::warehouse
