// Keeps the tables of the models up to date: whole, or by what changed. Runs inside the caller's transaction, so that
// readers see all of it or nothing. docs/models.md describes the kinds.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/values.h"
#include "models/model.h"
#include "warehouse/database.h"

namespace deskhouse::models {

// How a table changed in this run. For incremental: names of temporary tables with the changed keys (column key), and
// the rows of these keys before and after.
struct Delta {
  enum class Mode { none, incremental, whole } mode = Mode::none;
  std::string keys, old_rows, new_rows;
};

// The name of a temporary table about a model's table.
std::string temporary_name(std::string_view prefix, std::string_view table);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

struct Outcome {
  std::string model;
  Delta::Mode mode = Delta::Mode::none;
  std::int64_t keys = 0;  // recomputed keys (keyed), or -1 for whole
  double seconds = 0;
};

// Which rows a statement is about: those of some keys, of a slice of time or of keys, or (as it is by default) all.
struct Scope {
  const std::vector<std::int64_t>* keys = nullptr;  // the changed ones; `set` is of them
  int set = -1;                                     // keys known to in_changed(), or -1
  std::string range = "true";                       // condition on a key, {} stands for it
  std::string slice = "true";                       // condition on a time, {} stands for it
  std::string source;                               // {{source}}
  bool whole_source = true;                         // it is the whole table
};

class Runner {
 public:
  Runner(warehouse::Connection& connection, warehouse::FunctionContext& functions, warehouse::Places& places,
         const std::vector<Model>& models, std::map<std::string, std::string> settings, Timestamp as_of,
         Timestamp previous_as_of);
  Runner(warehouse::Connection& connection, warehouse::Database& database, const std::vector<Model>& models,
         std::map<std::string, std::string> settings, Timestamp as_of, Timestamp previous_as_of)
      : Runner(connection, database.functions(), database.places(), models, std::move(settings), as_of,
               previous_as_of) {}

  // What happened to an operational table; those not named did not change.
  void set_delta(const std::string& table, Delta delta) { deltas_[table] = std::move(delta); }
  // Rebuild everything, whatever changed.
  void set_whole(bool whole) { whole_ = whole; }
  // meta.models of this run, and whether a model must be rebuilt because its text changed, are kept in the warehouse.
  Result<std::vector<Outcome>> run(std::int64_t run_id, const std::function<void(const Model&)>& on_start = {});
  const std::map<std::string, Delta>& deltas() const { return deltas_; }

  // Replaces the placeholders of docs/models.md, for checks and tests too.
  Result<std::string> expand(const Model& model, std::string_view text, const Scope& scope) const;

 private:
  Status load_catalog();
  Result<Outcome> run_one(const Model& model);
  Status run_view(const Model& model, Outcome& outcome);
  Status run_table(const Model& model, Outcome& outcome);
  Status run_keyed(const Model& model, Outcome& outcome);
  Status run_additive(const Model& model, Outcome& outcome);
  Status build_whole(const Model& model, Outcome& outcome);
  Status build_sums(const Model& model, const std::string& body);
  Status build_by_slices(const Model& model);
  Result<std::vector<std::string>> slice_bounds(const std::string& table, const std::string& column,
                                                std::int64_t rows_per_slice);
  Status remember_histories(const Model& model, const Scope& scope);
  Result<std::string> rows_of(const Model& model, const std::string& argument, const Scope& scope) const;
  std::string new_rows_of(const std::string& table) const;
  bool is_identity(const std::string& table, const std::string& column) const;
  bool has_key_of_many(const Model& model) const;
  Status scan(const std::string& table, const std::string& sql);
  Result<std::string> buckets_of(const Model& model, const std::string& changes);
  Result<std::string> additive_sums(const Model& model, const std::string& rows, const char* weight) const;
  bool is_as_built(const Model& model) const;
  bool must_build_whole(const Model& model) const;
  Status make_way(const Model& model);
  std::vector<std::string> columns_read_of(const std::string& table) const;
  std::string relation(std::string_view which, const std::string& table) const;

  warehouse::Connection& connection_;
  warehouse::FunctionContext& functions_;
  warehouse::Places& places_;
  const std::vector<Model>& models_;
  std::map<std::string, std::string> settings_;
  Timestamp as_of_, previous_as_of_;
  bool whole_ = false;
  std::map<std::string, Delta> deltas_;
  struct Built {
    std::string kind, text_hash;
  };
  std::map<std::string, Built> built_;                                               // model -> as last built
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> columns_;  // table -> (column, type)
};

}  // namespace deskhouse::models
