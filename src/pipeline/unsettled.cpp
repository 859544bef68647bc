#include "pipeline/unsettled.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "warehouse/places.h"

namespace deskhouse::pipeline {

namespace {

using models::Delta;

constexpr std::string_view kPrefix = "unsettled_";

std::string table_of(std::string_view entity) {
  return fmt::format("staging.{}{}", kPrefix, entity);
}

// The entities of which something is kept.
Result<std::vector<std::string>> kept_entities(warehouse::Connection& connection) {
  DH_ASSIGN(const auto rows, connection.query(fmt::format(
                                 "select table_name from duckdb_tables() where database_name = current_database() and "
                                 "schema_name = 'staging' and starts_with(table_name, '{}')",
                                 kPrefix)));
  std::vector<std::string> entities;
  for (std::size_t i = 0; i < rows.row_count(); ++i) entities.push_back(rows.display(i, 0).substr(kPrefix.size()));
  return entities;
}

[[noreturn]] void nothing_is_read() {
  DH_ASSERT(false, "a feed of nothing is not read");
  std::abort();
}

// A feed of nothing.
class Nothing final : public Feed {
 public:
  std::vector<Part> parts() const override { return {}; }
  sources::Source& source() override { nothing_is_read(); }
  Result<std::unique_ptr<staging::Stager>> make_stager(const config::EntityMapping&) override { nothing_is_read(); }
  std::optional<staging::PreparedFiles> prepared(const config::EntityMapping&) override { return std::nullopt; }
  Result<bool> observe(warehouse::Connection&, std::int64_t, Timestamp) override { return false; }
  Status record(warehouse::Connection&, std::int64_t) override { return {}; }
  void correct(const config::EntityMapping&, Balance&) const override {}
};

}  // namespace

Leave allowed(Leave leave, const std::vector<Check>& checks) {
  const bool guards_models = std::ranges::any_of(checks, [](const Check& c) {
    return c.severity == "fail" && (c.body.contains("core.") || c.body.contains("mart_"));
  });
  return leave == Leave::models && guards_models ? Leave::checks : leave;
}

Result<State> read_state(warehouse::Connection& connection) {
  DH_ASSIGN(auto rows, connection.query("select as_of, config_fingerprint, data_version, coalesce(unsettled_since, 0), "
                                        "coalesce(models_since, 0) from meta.state"));
  State state{{}, rows.display(0, 1), {rows.integer(0, 3), rows.integer(0, 4)}};
  if (rows.integer(0, 2) > 0) state.as_of = Timestamp{rows.integer(0, 0)};
  return state;
}

Status write_state(warehouse::Connection& connection, const NewState& state, const Waiting& waiting) {
  auto sql = fmt::format("update meta.state set data_version = data_version + 1, config_fingerprint = {}",
                         warehouse::sql_text(state.config_fingerprint));
  if (!state.leaves_models) sql += ", as_of = " + warehouse::sql_timestamp(state.as_of);
  if (state.leaves_checks && waiting.checks_since == 0) sql += fmt::format(", unsettled_since = {}", state.run_id);
  if (state.leaves_models && waiting.models_since == 0) sql += fmt::format(", models_since = {}", state.run_id);
  return connection.execute(sql);
}

bool can_keep(const std::map<std::string, Delta>& changes) {
  return std::ranges::none_of(changes, [](const auto& changed) { return changed.second.mode == Delta::Mode::whole; });
}

// row_id: where an old row stood, which publishing keeps beside it.
Status keep_replaced(warehouse::Connection& connection, const std::map<std::string, Delta>& changes,
                     const Waiting& waiting, std::set<std::string>& kept) {
  if (waiting.models_since == 0) kept.clear();
  for (const auto& [entity, delta] : changes) {
    if (delta.mode == Delta::Mode::none) continue;
    DH_ASSERT(delta.mode == Delta::Mode::incremental, "what is changed whole is followed at once");
    if (!kept.contains(entity))
      DH_TRY(connection.execute(
          fmt::format("create table if not exists {} as select *, null::bigint as row_id from operational.{} limit 0",
                      table_of(entity), entity)));
    kept.insert(entity);
    DH_TRY(connection.execute(fmt::format(
        "insert into {0} by name select k.key, o.* exclude (key) from (select distinct key from {1}) k left join {2} o "
        "on o.key = k.key where k.key not in (select key from {0})",
        table_of(entity), delta.keys, delta.old_rows)));
  }
  return {};
}

Status take_up_kept(warehouse::Connection& connection, warehouse::Places& places, bool is_alone,
                    models::Runner& runner) {
  if (!is_alone) {
    runner.set_whole(true);
    return {};
  }
  DH_ASSIGN(const auto entities, kept_entities(connection));
  for (const auto& entity : entities) {
    const Delta delta{Delta::Mode::incremental, "kept_keys__" + entity, "kept_old__" + entity, "kept_new__" + entity};
    const auto table = "operational." + entity;
    DH_TRY(connection.execute(
        fmt::format("create or replace temp table {0} as select key from {2}; create or replace temp table {1} as "
                    "select * exclude (row_id) from {2} where id is not null",
                    delta.keys, delta.old_rows, table_of(entity))));
    DH_ASSIGN(const auto keys, connection.integers(fmt::format("select key from {}", delta.keys)));
    DH_ASSIGN(const auto rows, places.rows_of(connection, table, "key", keys));
    DH_TRY(connection.execute(
        fmt::format("create or replace temp table {} as {}", delta.new_rows, rows.select("*", table))));
    runner.set_delta(table, delta);
  }
  return {};
}

Status forget_kept(warehouse::Connection& connection, std::set<std::string>& kept) {
  kept.clear();
  DH_ASSIGN(const auto entities, kept_entities(connection));
  std::string sql;
  for (const auto& entity : entities) sql += fmt::format("drop table {};", table_of(entity));
  return connection.execute(sql + "update meta.state set models_since = null");
}

Result<RunReport> settle(const config::Config& config, Warehouse& warehouse, Timestamp as_of) {
  Nothing nothing;
  return run(config, warehouse, {.as_of = as_of, .kind = "stream", .feed = &nothing}, {});
}

bool is_nothing(const Feed* feed) {
  return feed != nullptr && feed->parts().empty();
}

Status settle_models(const config::Config& config, Warehouse& warehouse, Timestamp as_of) {
  DH_ASSIGN(const auto since, warehouse.connection.scalar("select models_since from meta.state"));
  if (!since) return {};
  DH_TRY(settle(config, warehouse, as_of));
  return {};
}

Status settle_models(const config::Config& config, Warehouse* open) {
  constexpr auto kWaiting = "select epoch_us(as_of) from meta.state where models_since is not null";
  if (open != nullptr) {
    DH_ASSIGN(const auto as_of, open->connection.scalar(kWaiting));
    return as_of ? settle_models(config, *open, Timestamp{*as_of}) : Status{};
  }
  {
    DH_ASSIGN(auto looked_at, open_warehouse(config, true));
    // One that this version has not migrated yet has nothing that waits.
    const auto as_of = looked_at.connection.scalar(kWaiting);
    if (!as_of || !*as_of) return {};
  }
  DH_ASSIGN(auto warehouse, open_warehouse(config));
  return settle_models(config, &warehouse);
}

}  // namespace deskhouse::pipeline
