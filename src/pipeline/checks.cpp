#include "pipeline/checks.h"

#include <fmt/format.h>

#include <bit>
#include <chrono>
#include <map>

#include "models/header.h"
#include "pipeline/reference_checks.h"
#include "schema/catalog.h"

namespace deskhouse::pipeline {

namespace {

using warehouse::sql_text;

Result<Check> parse_check(const std::string& path, const std::string& text) {
  Check check;
  check.path = path;
  for (const auto& header : models::split_header(text, check.body)) {
    if (header.key == "name")
      check.name = header.value;
    else if (header.key == "severity")
      check.severity = header.value;
    else if (header.key == "entity")
      check.entity = header.value;
    else if (header.key == "description")
      check.description = header.value;
    else if (header.key == "what_to_do")
      check.what_to_do = header.value;
    else
      return fail(Error::Kind::config,
                  fmt::format("{}:{}: unknown header '{}'; known are name, severity, entity, description, what_to_do",
                              path, header.line, header.key));
  }
  if (check.name.empty()) return fail(Error::Kind::config, fmt::format("{}:1: the header needs a name", path));
  if (check.severity != "warn" && check.severity != "quarantine" && check.severity != "fail")
    return fail(Error::Kind::config,
                fmt::format("{}: severity is '{}'; write warn, quarantine or fail", path, check.severity));
  if (!schema::find_entity(check.entity))
    return fail(Error::Kind::config, fmt::format("{}: there is no entity '{}'", path, check.entity));
  return check;
}

constexpr std::int64_t kRowsPerPart = 2'000'000;

// How many keys that a check suspects; they are in the temporary table suspects.
Result<std::int64_t> find_suspects(warehouse::Connection& connection, const models::Runner& runner, const Check& check,
                                   models::Scope scope) {
  models::Model named;
  named.path = check.path;
  std::uint64_t parts = 1;
  if (scope.whole_source) {
    DH_ASSIGN(const auto rows, connection.scalar("select count(*) from " + scope.source));
    parts = std::bit_ceil(static_cast<std::uint64_t>(*rows / kRowsPerPart + 1));
  }
  DH_TRY(connection.execute("create or replace temp table suspects (field varchar, key bigint)"));
  std::int64_t found = 0;
  for (const auto& query : check.suspects) {
    const bool has_parts = query.contains("{{changed(");
    for (std::uint64_t part = 0; part < (has_parts ? parts : 1); ++part) {
      scope.range = parts > 1 && has_parts ? fmt::format("({{0}} & {}) = {}", parts - 1, part) : "true";  // of a hash
      DH_ASSIGN(const auto text, runner.expand(named, query, scope));
      DH_ASSIGN(const auto count, connection.scalar("insert into suspects " + text));
      found += count.value_or(0);
    }
  }
  return found;
}

// A check that fails ends the run's transaction, and so the run: DuckDB has no savepoints.
Result<std::int64_t> find_violations(warehouse::Connection& connection, const models::Runner& runner,
                                     const Check& check, const models::Scope& scope, std::int64_t run_id) {
  if (!check.suspects.empty()) {
    DH_ASSIGN(const auto found, find_suspects(connection, runner, check, scope));
    if (found == 0) return 0;
  }
  models::Model named;
  named.path = check.path;
  DH_ASSIGN(const auto body, runner.expand(named, check.body, scope));
  DH_ASSIGN(const auto count,
            connection.scalar(fmt::format("insert into meta.violations select {}, {}, {}, {}, id::varchar, "
                                          "field::varchar, value::varchar, message::varchar from ({})",
                                          run_id, sql_text(check.name), sql_text(check.severity),
                                          sql_text(check.entity), body)));
  return count.value_or(0);
}

}  // namespace

Result<std::vector<Check>> load_checks(const std::filesystem::path& project) {
  std::map<std::string, Check> by_name;
  for (auto& check : reference_checks()) by_name[check.name] = std::move(check);
  DH_ASSIGN(const auto files, models::load_files("checks", ".sql", project));
  for (const auto& [path, text] : files) {
    DH_ASSIGN(auto check, parse_check(path, text));
    by_name[check.name] = std::move(check);
  }
  std::vector<Check> checks;
  for (auto& [name, check] : by_name) checks.push_back(std::move(check));
  return checks;
}

Result<CheckSummary> run_checks(warehouse::Connection& connection, const models::Runner& runner,
                                const std::filesystem::path& project, std::int64_t run_id) {
  using Clock = std::chrono::steady_clock;
  CheckSummary summary;
  DH_ASSIGN(const auto checks, load_checks(project));
  for (const auto& check : checks) {
    const auto table = "operational." + check.entity;
    const auto it = runner.deltas().find(table);
    if (it == runner.deltas().end() || it->second.mode == models::Delta::Mode::none) continue;
    const bool whole = it->second.mode != models::Delta::Mode::incremental;
    const auto start = Clock::now();
    const models::Scope scope{.source = whole ? table : it->second.new_rows, .whole_source = whole};
    auto violations = find_violations(connection, runner, check, scope, run_id);
    if (!violations)
      return fail(violations.error().kind,
                  fmt::format("The check {} ({}) failed: {}", check.name, check.path, violations.error().message));
    summary.violations += *violations;
    DH_TRY(connection.execute(fmt::format("insert into meta.check_results values ({}, {}, {}, {}, {}, null, {})",
                                          run_id, sql_text(check.name), sql_text(check.severity),
                                          *violations > 0 ? "'violated'" : "'passed'", *violations,
                                          std::chrono::duration<double>(Clock::now() - start).count())));
    if (*violations > 0 && check.severity == "fail")
      return fail(
          Error::Kind::gate,
          fmt::format("The check {} found {} violations and its severity is fail: nothing of this run is visible. {}",
                      check.name, *violations, check.what_to_do));
  }
  return summary;
}

}  // namespace deskhouse::pipeline
