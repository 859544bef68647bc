// Writes staged batches of one extraction into its load table. Nothing is visible to readers: publishing moves the load
// table's rows (pipeline/publish.h).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "schema/table.h"
#include "staging/stager.h"
#include "warehouse/database.h"
#include "warehouse/functions.h"

namespace deskhouse::warehouse {

// One row of meta.load_batches.
struct LoadBatch {
  std::int64_t number = 0, rows = 0;
  std::string status;  // loaded, split
  std::string error;
  double seconds = 0;
};

struct LoadTarget {
  std::string table;  // qualified name of the load table
  std::string source;
  std::int64_t run_id = 0;
  Timestamp loaded_at{};
  std::vector<std::string> conditions;  // the user's, in SQL; a row that breaks one is poisonous
};

// Whether rows of the entity can be asked each of the conditions; the error says which cannot, and why.
Status check_conditions(Connection& connection, const schema::TableInfo& entity,
                        const std::vector<std::string>& conditions);

// A row that the load table refuses: its index in the batch, and every reason.
using OnPoison = std::function<void(std::size_t, const std::vector<std::string>&)>;

class Loader {
 public:
  // A load table in the warehouse file, which publishing renames when the target is empty; otherwise a temporary one.
  enum class Kind { bulk, temporary };
  static Result<Loader> create(Connection& connection, FunctionContext& functions, const schema::TableInfo& entity,
                               Kind kind, LoadTarget target);

  // Loads everything that the feed gives in one statement, on all of DuckDB's threads: the fast way. If a row is
  // refused nothing is loaded (Refused); the caller then goes batch by batch.
  enum class Stream { loaded, refused };
  Result<Stream> load_stream(BatchFeed& feed);
  Result<Stream> load_stream(const staging::StagedBatch& batch);
  // The same of staged rows that lie in Parquet files, one at least. If `as_they_are`, a bulk load into a lake makes
  // them files of the load table (lake_files.h), and they lie elsewhere then. REQUIRES for that that they have the
  // run's columns, and that the connection is in no transaction.
  Result<Stream> load_files(const std::vector<std::string>& files, bool as_they_are);

  // Loads `batch`, `batch_size` rows at a time, each batch a transaction of its own; a batch that fails is tried again,
  // then halved until the poisonous rows are alone. Those are given to `on_poison`.
  Status load(const staging::StagedBatch& batch, std::size_t batch_size, const OnPoison& on_poison);
  const std::vector<LoadBatch>& batches() const { return batches_; }  // of load()
  const LoadTarget& target() const { return target_; }

 private:
  Loader(Connection& connection, FunctionContext& functions, Kind kind, LoadTarget target)
      : connection_(&connection), functions_(&functions), kind_(kind), target_(std::move(target)) {}
  std::string rows_sql() const;
  std::string with_run(const std::string& columns, const std::string& rows) const;
  Status insert_from(BatchFeed& feed, const std::string& where);
  Status insert(const staging::StagedBatch& batch, std::size_t from, std::size_t to);
  Result<bool> load_the_others(const staging::StagedBatch& batch, std::size_t from, std::size_t to,
                               const OnPoison& on_poison);
  Status split(const staging::StagedBatch& batch, std::size_t from, std::size_t to, const OnPoison& on_poison);
  Result<std::vector<std::string>> reasons(const staging::StagedBatch& batch, std::size_t row, const Error& error);
  Connection* connection_;
  FunctionContext* functions_;
  Kind kind_;
  LoadTarget target_;
  std::vector<LoadBatch> batches_;
};

}  // namespace deskhouse::warehouse
