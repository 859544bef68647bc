#include "pipeline/move.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "base/fault.h"
#include "config/location.h"
#include "models/model.h"
#include "pipeline/run.h"
#include "warehouse/lake.h"
#include "warehouse/partitions.h"
#include "warehouse/schema_sql.h"
#include "warehouse/snapshots.h"

namespace deskhouse::pipeline {

namespace {

using warehouse::Connection;
using warehouse::sql_name;
using warehouse::sql_text;

constexpr std::string_view kSource = "moved_from";
constexpr std::string_view kState = "meta.state", kProgress = "meta.moved_tables";

// "('staging', ...)"
std::string list_of_schemas() {
  std::vector<std::string> quoted;
  for (const auto* schema : warehouse::kSchemas) quoted.push_back(sql_text(schema));
  return fmt::format("({})", fmt::join(quoted, ", "));
}

std::string in_source(std::string_view name) {
  return fmt::format("{}.{}", kSource, name);
}

class Mover {
 public:
  Mover(const config::Config& from, const config::Config& to, Warehouse& target,
        const std::function<void(const std::string&)>& progress)
      : from_(config::location_of(from)),
        to_(config::location_of(to)),
        connection_(target.connection),
        progress_(progress),
        project_(from.project) {}

  Result<MoveReport> run() {
    const auto start = std::chrono::steady_clock::now();
    DH_TRY(attach());
    DH_TRY(begin());
    DH_ASSIGN(const auto models, models::load_models(project_));
    for (const auto& model : models) partition_by_[model.name] = model.partition_by;
    DH_ASSIGN(const auto tables, names("duckdb_tables()", "table_name"));
    for (const auto& table : tables)
      if (table != kState && table != kProgress) DH_TRY(copy(table));
    DH_TRY(finish(models));
    report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report_;
  }

 private:
  Status attach() {
    DH_TRY(connection_.execute(warehouse::attach_sql(from_, kSource, true)));
    if (!from_.lake) return {};
    // Of a lake one snapshot: the one that an earlier attempt began with, while it is there.
    DH_ASSIGN(const auto latest, snapshot_of_source());
    snapshot_ = *latest;
    DH_ASSIGN(const bool goes_on, has_progress());
    if (goes_on) {
      DH_ASSIGN(const auto before, connection_.scalar(fmt::format("select any_value(snapshot) from {}", kProgress)));
      DH_ASSIGN(const auto is_there,
                connection_.scalar(fmt::format("select count(*) from ducklake_snapshots({}) where snapshot_id = {}",
                                               sql_text(kSource), before.value_or(-1))));
      if (is_there == 1) snapshot_ = *before;
    }
    DH_TRY(connection_.execute(fmt::format("detach {}", kSource)));
    return connection_.execute(warehouse::attach_snapshot_sql(from_, kSource, snapshot_));
  }
  Result<std::optional<std::int64_t>> snapshot_of_source() {
    return connection_.scalar(fmt::format("select max(snapshot_id) from ducklake_snapshots({})", sql_text(kSource)));
  }

  Result<bool> has_progress() {
    DH_ASSIGN(const auto known, connection_.scalar("select count(*) from duckdb_tables() where database_name = "
                                                   "current_database() and schema_name = 'meta' and table_name = "
                                                   "'moved_tables'"));
    return known.value_or(0) > 0;
  }

  // Looks at what is on both sides, and at what an earlier attempt has done.
  Status begin() {
    DH_ASSIGN(const auto state, connection_.query(fmt::format("select s.data_version, s.schema_fingerprint = "
                                                              "t.schema_fingerprint, t.data_version from {} s, {} t",
                                                              in_source(kState), kState)));
    if (state.row_count() != 1 || state.integer(0, 0) == 0)
      return fail(Error::Kind::usage, fmt::format("Nothing was published in {} yet: there is nothing to move. "
                                                  "`deskhouse run` loads into the new one at once",
                                                  from_.name));
    if (state.integer(0, 1) == 0)
      return fail(Error::Kind::warehouse,
                  fmt::format("{} is of another version of Deskhouse: do one `deskhouse run` on "
                              "it with this one first",
                              from_.name));
    if (state.integer(0, 2) != 0)
      return fail(Error::Kind::usage,
                  fmt::format("{} has data of its own: name one that does not exist yet", to_.name));
    DH_ASSIGN(const auto last, connection_.scalar(fmt::format("select max(run_id) from {}", in_source("meta.runs"))));
    last_run_ = last.value_or(0);
    const auto which = fmt::format("{}, version {}, run {}", from_.name, state.integer(0, 0), last_run_);
    DH_ASSIGN(const bool goes_on, has_progress());
    if (!goes_on)
      DH_TRY(connection_.execute(
          fmt::format("create table {} (table_name VARCHAR, source VARCHAR, snapshot BIGINT)", kProgress)));
    // Another source, or another state of it: what was copied is copied again.
    DH_TRY(connection_.execute(
        fmt::format("delete from {} where source <> {} or snapshot <> {}", kProgress, sql_text(which), snapshot_)));
    source_ = which;
    DH_ASSIGN(const auto done, connection_.query(fmt::format("select table_name from {}", kProgress)));
    for (std::size_t i = 0; i < done.row_count(); ++i) done_.insert(done.display(i, 0));
    DH_ASSIGN(const auto present,
              connection_.query(fmt::format("select schema_name || '.' || table_name from duckdb_tables() where "
                                            "database_name = current_database() and schema_name in {}",
                                            list_of_schemas())));
    for (std::size_t i = 0; i < present.row_count(); ++i) present_.insert(present.display(i, 0));
    return {};
  }

  // Of the source, "schema.name".
  Result<std::vector<std::string>> names(std::string_view list, std::string_view column) {
    DH_ASSIGN(const auto rows,
              connection_.query(fmt::format("select schema_name || '.' || {} from {} where database_name = {} and not "
                                            "internal and schema_name in {} and not starts_with({}, 'load_') order by "
                                            "all",
                                            column, list, sql_text(kSource), list_of_schemas(), column)));
    std::vector<std::string> found;
    for (std::size_t i = 0; i < rows.row_count(); ++i) found.push_back(rows.display(i, 0));
    return found;
  }

  Status copy(const std::string& table) {
    if (done_.contains(table)) {
      ++report_.known;
      return {};
    }
    if (progress_) progress_("copying " + table);
    DH_ASSIGN(auto transaction, warehouse::Transaction::begin(connection_));
    const auto select = "from " + in_source(table);
    // What is made by models is made as they would; the other tables are there.
    if (const auto model = partition_by_.find(table); model != partition_by_.end() || !present_.contains(table)) {
      DH_TRY(warehouse::create_table_as(connection_, table, model == partition_by_.end() ? "" : model->second, select));
    } else {
      DH_TRY(connection_.execute(fmt::format("delete from {0}; insert into {0} by name {1}", table, select)));
    }
    DH_ASSIGN(const auto rows, connection_.scalar(fmt::format("select count(*) from {}", table)));
    DH_TRY(connection_.execute(
        fmt::format("insert into {} values ({}, {}, {})", kProgress, sql_text(table), sql_text(source_), snapshot_)));
    DH_TRY(transaction.commit());
    ++report_.tables;
    report_.rows += rows.value_or(0);
    fault_point("after_moved_table");
    return {};
  }

  // Views, and with the state, in one transaction, all of it becomes visible.
  Status finish(const std::vector<models::Model>& models) {
    DH_ASSIGN(auto views, names("duckdb_views()", "view_name"));
    std::map<std::string, std::size_t> order;  // a view comes after those that it reads
    for (const auto& model : models) order.emplace(model.name, order.size());
    std::erase_if(views, [&](const auto& view) { return !order.contains(view); });
    std::ranges::sort(views, {}, [&](const auto& view) { return order.at(view); });
    DH_ASSIGN(auto transaction, warehouse::Transaction::begin(connection_));
    for (const auto& view : views) {
      // Of a file with the schema in front of its name, of a lake without.
      DH_ASSIGN(const auto sql,
                connection_.scalar_text(fmt::format(
                    "select regexp_replace(replace(replace(sql, {}, ''), {}, ''), '^CREATE VIEW [^ ]+ ', '') from "
                    "duckdb_views() where database_name = {} and schema_name || '.' || view_name = {}",
                    sql_text(in_source("")), sql_text(sql_name(kSource) + "."), sql_text(kSource), sql_text(view))));
      DH_TRY(connection_.execute(fmt::format("create or replace view {} {}", view, sql.value_or(""))));
    }
    DH_TRY(connection_.execute(fmt::format("delete from {0}; insert into {0} by name from {1}; drop table {2}", kState,
                                           in_source(kState), kProgress)));
    DH_TRY(warehouse::name_snapshot(connection_, last_run_));
    fault_point("before_move_commit");
    DH_TRY(transaction.commit());
    return connection_.execute(fmt::format("detach {}", kSource));
  }

  const config::Location from_, to_;
  Connection& connection_;
  const std::function<void(const std::string&)>& progress_;
  const std::filesystem::path project_;
  std::int64_t snapshot_ = -1;  // of a lake that is the source
  std::int64_t last_run_ = 0;
  std::string source_;                               // what of which state is copied
  std::set<std::string> done_, present_;             // tables: copied before; of the target
  std::map<std::string, std::string> partition_by_;  // of models
  MoveReport report_;
};

}  // namespace

Result<MoveReport> move_warehouse(const config::Config& from, const config::Config& to,
                                  const std::function<void(const std::string& step)>& progress) {
  {
    DH_ASSIGN(const auto source, open_warehouse(from, true));  // says well what is wrong with it
  }
  DH_ASSIGN(auto target, open_warehouse(to, false));
  return Mover(from, to, target, progress).run();
}

}  // namespace deskhouse::pipeline
