#include "pipeline/verify.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>

#include "base/nearest.h"
#include "config/location.h"
#include "models/header.h"
#include "models/runner.h"
#include "pipeline/imported_sla.h"
#include "pipeline/run.h"
#include "pipeline/unsettled.h"
#include "schema/catalog.h"
#include "warehouse/functions.h"
#include "warehouse/lake.h"
#include "warehouse/places.h"
#include "warehouse/schema_sql.h"

namespace deskhouse::pipeline {

namespace {

using Clock = std::chrono::steady_clock;
using warehouse::Connection;
using warehouse::sql_text;

constexpr auto kAttached = "verify_scratch";

// A database file of its own, removed at the end whatever happens; of an engine of its own, or attached to that of an
// open warehouse.
class Scratch {
 public:
  static Result<Scratch> open(const config::Config& config, Warehouse* open) {
    // Beside the warehouse: there is room for it there, and nowhere else is it known that there is.
    const auto path = fmt::format("{}.verify-{}", config::location_of(config).beside.string(), getpid());
    remove(path);
    Scratch scratch;
    scratch.path_ = path;
    if (open != nullptr) {
      scratch.database_ = open->database;
    } else {
      DH_ASSIGN(
          scratch.database_,
          warehouse::Database::open(
              {.path = path, .memory_limit = config.memory_limit, .threads = config.threads, .read_only = false}));
    }
    DH_ASSIGN(auto connection, scratch.database_->connect());
    if (open != nullptr) {
      DH_ASSIGN(const auto stored, connection.scalar_text("select current_database()"));
      scratch.stored_ = stored.value_or("");
      DH_TRY(connection.execute(fmt::format("attach {} as {}; use {}", sql_text(path), kAttached, kAttached)));
    }
    scratch.connection_.emplace(std::move(connection));
    return scratch;
  }
  Scratch(Scratch&&) = default;
  Scratch& operator=(Scratch&&) = default;
  ~Scratch() {
    connection_.reset();
    // By another connection: who uses a database cannot detach it.
    if (!stored_.empty())
      if (auto other = database_->connect()) (void)other->execute(fmt::format("detach {}", kAttached));
    database_.reset();
    if (!path_.empty()) remove(path_);
  }
  Connection& connection() { return *connection_; }
  // The name of the open warehouse's database; empty: it is none of this engine's.
  const std::string& stored() const { return stored_; }
  warehouse::Database& database() { return *database_; }
  const std::string& path() const { return path_; }
  Result<std::string> name() {
    DH_ASSIGN(const auto name, connection_->scalar_text("select current_database()"));
    return name.value_or("");
  }

 private:
  Scratch() = default;
  static void remove(const std::string& path) {
    std::error_code ignored;
    for (const auto* suffix : {"", ".wal"}) std::filesystem::remove(path + suffix, ignored);
  }
  std::string path_, stored_;
  std::shared_ptr<warehouse::Database> database_;
  std::optional<Connection> connection_;
};

struct State {
  Timestamp as_of{};
  std::string config_fingerprint;
  ImportedSla imported_sla;
};

Result<State> state_of(Connection& connection, const config::Config& config) {
  auto rows = connection.query("select as_of, config_fingerprint, data_version from meta.state");
  if (!rows || rows->row_count() == 0)
    return fail(Error::Kind::warehouse,
                fmt::format("{} is not a warehouse of Deskhouse, or was never migrated: run `deskhouse run`",
                            config::location_of(config).name));
  if (rows->integer(0, 2) == 0)
    return fail(Error::Kind::warehouse, fmt::format("Nothing was published in {} yet: run `deskhouse run` first",
                                                    config::location_of(config).name));
  DH_ASSIGN(auto imported, read_imported_sla(connection));
  return State{Timestamp{rows->integer(0, 0)}, rows->display(0, 1), std::move(imported)};
}

// Opens a warehouse for a moment, which gives the good messages when it is missing or locked, then attaches it.
Result<State> attach(Connection& connection, const config::Config& config, const std::string& name) {
  std::optional<State> state;
  {
    DH_ASSIGN(auto warehouse, open_warehouse(config, true));
    DH_ASSIGN(state, state_of(warehouse.connection, config));
  }
  DH_TRY(connection.execute(warehouse::attach_sql(config::location_of(config), name, true)));
  return *std::move(state);
}

// The project's own warehouse, under the name that comes out as `name`.
Result<State> attach_own(Scratch& scratch, const config::Config& config, Warehouse* open, std::string& name) {
  name = open != nullptr ? scratch.stored() : "stored";
  return open != nullptr ? state_of(open->connection, config) : attach(scratch.connection(), config, name);
}

// Columns that find a row of a model.
std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const auto comma = list.find(',');
    auto part = list.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    parts.emplace_back(part);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return parts;
}
std::vector<std::string> key_columns(const models::Model& model) {
  if (model.kind == models::Kind::additive) return model.columns;
  for (const auto& audit : model.audits)
    if (audit.starts_with("unique(")) return split(std::string_view(audit).substr(7, audit.size() - 8));
  return model.columns;
}

// "not_null(a)" -> rows that break it, or an error for an audit that nobody knows.
Result<std::string> audit_sql(const models::Model& model, const std::string& audit) {
  const auto open = audit.find('(');
  const auto kind = audit.substr(0, open);
  if (open == std::string::npos || !audit.ends_with(')'))
    return fail(Error::Kind::config, fmt::format("{}: the audit '{}' has no (columns)", model.path, audit));
  const auto inside = audit.substr(open + 1, audit.size() - open - 2);
  if (kind == "not_null") return fmt::format("select count(*) from {} where {} is null", model.name, inside);
  if (kind == "unique")
    return fmt::format(
        "select coalesce(sum(n - 1), 0)::bigint from (select count(*) as n from {} group by {} having count(*) > 1)",
        model.name, inside);
  const auto colon = inside.find(':');
  if (kind != "accepted" || colon == std::string::npos)
    return fail(Error::Kind::config,
                fmt::format("{}: the audit '{}' is none of not_null(column), unique(columns), accepted(column: a | b)",
                            model.path, audit));
  std::string values;
  for (auto rest = inside.substr(colon + 1); !rest.empty();) {
    const auto bar = rest.find('|');
    values += fmt::format("{}{}", values.empty() ? "" : ", ", sql_text(std::string(models::trim(rest.substr(0, bar)))));
    rest = bar == std::string::npos ? "" : rest.substr(bar + 1);
  }
  const auto column = inside.substr(0, colon);
  return fmt::format("select count(*) from {} where {}::varchar not in ({})", model.name, column, values);
}

// The models that `table` needs, itself included, in order.
Result<std::vector<models::Model>> needed(std::vector<models::Model> all, const std::string& table) {
  if (table.empty()) return all;
  std::vector<std::string> names;
  for (const auto& model : all) names.push_back(model.name);
  if (std::ranges::find(names, table) == names.end())
    return fail(Error::Kind::usage, fmt::format("There is no model '{}'{}", table, did_you_mean(table, names)));
  std::set<std::string> wanted{table};
  std::vector<models::Model> kept;
  for (auto it = all.rbegin(); it != all.rend(); ++it) {  // a model stands behind what it references
    if (!wanted.contains(it->name)) continue;
    wanted.insert(it->references.begin(), it->references.end());
    kept.insert(kept.begin(), *it);
  }
  return kept;
}

class Verifier {
 public:
  Verifier(const config::Config& config, Scratch& scratch, Warehouse* open, const VerifyProgress& progress)
      : config_(config), scratch_(scratch), open_(open), connection_(scratch.connection()), progress_(progress) {}

  Result<VerifyReport> run(const std::string& table) {
    const auto start = Clock::now();
    DH_ASSIGN(auto all, models::load_models(config_.project));
    DH_ASSIGN(const auto models, needed(std::move(all), table));
    DH_ASSIGN(const auto state, attach_own(scratch_, config_, open_, stored_));
    DH_TRY(use_imported_sla(config_, state.imported_sla));
    report_.as_of = state.as_of;
    DH_TRY(check_same_meaning(state, models));
    DH_TRY(build(models));
    DH_ASSIGN(auto scratch, scratch_.name());
    DH_ASSIGN(const auto comparer, DatabaseComparer::make(connection_, stored_, std::move(scratch)));
    for (const auto& model : models) {
      if (!table.empty() && model.name != table) continue;
      announce("comparing " + model.name);
      DH_ASSIGN(auto comparison, comparer.compare({model.name, key_columns(model), {}}));
      report_.tables.push_back(std::move(comparison));
    }
    DH_TRY(audit(models, table));
    DH_TRY(check_balances());
    report_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return std::move(report_);
  }

 private:
  // The stored database, as SQL names it.
  std::string stored() const { return warehouse::sql_name(stored_); }

  void announce(const std::string& step) const {
    if (progress_) progress_(step);
  }

  // A difference must be a mistake, not a change that no run has followed yet.
  Status check_same_meaning(const State& state, const std::vector<models::Model>& models) {
    if (state.config_fingerprint != config_.fingerprint)
      return fail(Error::Kind::config,
                  "deskhouse.toml changed what numbers mean (SLA, calendars, zones, finance or segments) since the "
                  "last run: run `deskhouse run` or `deskhouse rebuild` first");
    DH_ASSIGN(const auto rows, connection_.query(fmt::format("select name, text_hash from {}.meta.models", stored())));
    std::map<std::string, std::string> built;
    for (std::size_t i = 0; i < rows.row_count(); ++i) built[rows.display(i, 0)] = rows.display(i, 1);
    for (const auto& model : models)
      if (const auto it = built.find(model.name); it == built.end() || it->second != model.text_hash)
        return fail(
            Error::Kind::config,
            fmt::format("The model {} ({}) {} since the last run: run `deskhouse run` or `deskhouse rebuild` first",
                        model.name, model.path, it == built.end() ? "is new" : "changed"));
    return {};
  }

  // The models whole, in the scratch database, over views of the stored operational tables.
  Status build(const std::vector<models::Model>& models) {
    for (const auto* schema : warehouse::kSchemas)
      DH_TRY(connection_.execute(fmt::format("create schema if not exists {}", schema)));
    DH_ASSIGN(const auto tables, connection_.query(fmt::format(
                                     "select schema_name || '.' || table_name from duckdb_tables() where database_name "
                                     "= {} and schema_name in ('operational', 'staging', 'meta')",
                                     sql_text(stored_))));
    for (std::size_t i = 0; i < tables.row_count(); ++i) {
      const auto name = tables.display(i, 0);
      const bool own = name == "meta.models";
      DH_TRY(connection_.execute(own ? fmt::format("create table {0} as from {1}.{0} limit 0", name, stored())
                                     : fmt::format("create view {0} as from {1}.{0}", name, stored())));
    }
    auto& functions = scratch_.database().functions();
    functions.set_policies(config_.sla);
    functions.set_reporting_zone(config_.reporting_zone);
    functions.set_as_of(report_.as_of);
    warehouse::Places places(scratch_.path() + ".places", functions);  // not those of an open warehouse
    models::Runner runner(connection_, functions, places, models, model_settings(config_), report_.as_of,
                          report_.as_of);
    runner.set_whole(true);
    DH_ASSIGN(auto transaction,
              warehouse::Transaction::begin(connection_));  // one, so that the disk is waited for once
    DH_ASSIGN(const auto outcomes,
              runner.run(0, [&](const models::Model& model) { announce("computing " + model.name); }));
    DH_ASSERT(outcomes.size() == models.size(), "every model is computed once");
    return transaction.commit();
  }

  // Over what is stored; views must resolve there, too.
  Status audit(const std::vector<models::Model>& models, const std::string& table) {
    DH_TRY(connection_.execute(fmt::format("use {}", stored())));
    for (const auto& model : models) {
      if (!table.empty() && model.name != table) continue;
      announce("auditing " + model.name);
      for (const auto& audit : model.audits) {
        DH_ASSIGN(const auto sql, audit_sql(model, audit));
        auto violations = connection_.scalar(sql);
        if (!violations)
          return fail(violations.error().kind,
                      fmt::format("The audit {} of {} failed: {}", audit, model.name, violations.error().message));
        report_.audits.push_back({model.name, audit, violations->value_or(0)});
      }
    }
    return {};
  }

  Status check_balances() {
    DH_ASSIGN(const auto count, connection_.scalar(fmt::format("select count(*) from {}.meta.balances", stored())));
    report_.balances = count.value_or(0);
    DH_ASSIGN(const auto rows,
              connection_.query(fmt::format("select 'run ' || run_id || ', ' || source || '.' || entity || ': ' || "
                                            "extracted || ' extracted, but ' || loaded || ' + ' || unchanged || ' + ' "
                                            "|| superseded || ' + ' || quarantined from {}.meta.balances where "
                                            "extracted <> loaded + unchanged + superseded + quarantined order by 1",
                                            stored())));
    for (std::size_t i = 0; i < rows.row_count(); ++i) report_.unbalanced.push_back(rows.display(i, 0));
    return {};
  }

  config::Config config_;  // with the policies that sources keep
  Scratch& scratch_;
  Warehouse* const open_;
  std::string stored_;  // name of the warehouse's database here
  Connection& connection_;
  const VerifyProgress& progress_;
  VerifyReport report_;
};

// What says when and from where a row came, not what it is.
const std::vector<std::string> kProvenance = {"run_id", "loaded_at", "position"};

std::vector<ComparedTable> operational_tables() {
  std::vector<ComparedTable> tables;
  for (const auto& entity : schema::entities())
    tables.push_back({fmt::format("operational.{}", entity.name), {"key"}, kProvenance});
  for (const auto& version : warehouse::versioned_entities())
    tables.push_back({fmt::format("operational.{}", version.table), {"key", "row_hash"}, kProvenance});
  return tables;
}

}  // namespace

bool VerifyReport::ok() const {
  return unbalanced.empty() && std::ranges::none_of(tables, [](const auto& t) { return t.difference.has_value(); }) &&
         std::ranges::all_of(audits, [](const auto& a) { return a.violations == 0; });
}

Result<VerifyReport> verify(const config::Config& config, const std::string& table, const VerifyProgress& progress,
                            Warehouse* open) {
  DH_TRY(settle_models(config, open));
  DH_ASSIGN(auto scratch, Scratch::open(config, open));
  return Verifier(config, scratch, open, progress).run(table);
}

Result<VerifyReport> verify_against(const config::Config& config, const std::string& other,
                                    const VerifyProgress& progress, Warehouse* open) {
  const auto start = Clock::now();
  VerifyReport report;
  DH_TRY(settle_models(config, open));
  DH_ASSIGN(auto scratch, Scratch::open(config, open));
  auto& connection = scratch.connection();
  std::string stored;
  DH_ASSIGN(const auto ours, attach_own(scratch, config, open, stored));
  auto other_config = config;
  other_config.warehouse = config::is_lake(other) ? other : std::filesystem::absolute(other).string();
  DH_ASSIGN(const auto theirs, attach(connection, other_config, "other"));
  report.as_of = ours.as_of;
  if (ours.as_of != theirs.as_of)
    return fail(
        Error::Kind::usage,
        fmt::format(
            "{} is as of {}, {} as of {}: ages and service levels differ by that alone. Run both with the same --now",
            config::location_of(config).name, to_string(ours.as_of), other, to_string(theirs.as_of)));
  auto tables = operational_tables();
  DH_ASSIGN(const auto models, models::load_models(config.project));
  for (const auto& model : models) tables.push_back({model.name, key_columns(model), {}});
  DH_ASSIGN(const auto comparer, DatabaseComparer::make(connection, stored, "other"));
  for (const auto& table : tables) {
    if (progress) progress("comparing " + table.name);
    DH_ASSIGN(auto comparison, comparer.compare(table));
    report.tables.push_back(std::move(comparison));
  }
  report.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return report;
}

}  // namespace deskhouse::pipeline
