#include "pipeline/checks.h"

#include <fmt/format.h>

#include <bit>
#include <chrono>
#include <map>
#include <optional>

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

// Of a large table that is looked at whole, keys are joined part by part.
constexpr std::int64_t kRowsPerPart = 2'000'000;

models::Model named_after(const Check& check) {
  models::Model named;
  named.path = check.path;
  return named;
}

Result<std::int64_t> find_violations(warehouse::Connection& connection, warehouse::SqlGuard& guard,
                                     const models::Runner& runner, const Check& check, const models::Scope& scope,
                                     std::int64_t run_id) {
  DH_ASSIGN(const auto expanded, expand_check(connection, guard, runner, check, scope));
  if (!expanded.suspects.empty()) {
    DH_ASSIGN(const auto found, find_suspects(connection, expanded.suspects));
    if (found == 0) return 0;
  }
  DH_ASSIGN(const auto count,
            connection.scalar(fmt::format("insert into meta.violations select {}, {}, {}, {}, id::varchar, "
                                          "field::varchar, value::varchar, message::varchar from ({}\n)",
                                          run_id, sql_text(check.name), sql_text(check.severity),
                                          sql_text(check.entity), expanded.body)));
  return count.value_or(0);
}

Status record_result(warehouse::Connection& connection, std::int64_t run_id, const Check& check,
                     std::string_view status, std::int64_t violations, const std::optional<std::string>& error,
                     double seconds) {
  return connection.execute(fmt::format("insert into meta.check_results values ({}, {}, {}, {}, {}, {}, {})", run_id,
                                        sql_text(check.name), sql_text(check.severity), sql_text(status), violations,
                                        error ? sql_text(*error) : "null", seconds));
}

// DuckDB has no savepoints: an error of execution ends the transaction, one of parsing or binding does not.
bool transaction_lives(warehouse::Connection& connection) {
  return connection.scalar("select 1").has_value();
}

}  // namespace

Result<ExpandedCheck> expand_check(warehouse::Connection& connection, warehouse::SqlGuard& guard,
                                   const models::Runner& runner, const Check& check, const models::Scope& scope) {
  const auto named = named_after(check);
  if (check.own) {
    // As it reads over the whole table: in an increment the placeholders may stand for lists of a million places.
    DH_ASSIGN(const auto whole, runner.expand(named, check.body, {.source = "operational." + check.entity}));
    if (const auto verdict = guard.check(connection, whole, warehouse::SqlGuard::Author::project); !verdict)
      return fail(Error::Kind::config, verdict.error().message);
  }
  ExpandedCheck expanded;
  std::uint64_t parts = 1;
  if (scope.whole_source && !check.suspects.empty()) {
    DH_ASSIGN(const auto rows, connection.scalar("select count(*) from " + scope.source));
    parts = std::bit_ceil(static_cast<std::uint64_t>(*rows / kRowsPerPart + 1));
  }
  for (const auto& query : check.suspects) {
    const auto count = query.contains("{{changed(") ? parts : 1;
    for (std::uint64_t part = 0; part < count; ++part) {
      auto of_part = scope;
      if (count > 1) of_part.range = fmt::format("({{0}} & {}) = {}", count - 1, part);  // keys are hashes
      DH_ASSIGN(expanded.suspects.emplace_back(), runner.expand(named, query, of_part));
    }
  }
  DH_ASSIGN(expanded.body, runner.expand(named, check.body, scope));
  return expanded;
}

Result<std::int64_t> find_suspects(warehouse::Connection& connection, const std::vector<std::string>& queries) {
  DH_TRY(connection.execute("create or replace temp table suspects (field varchar, key bigint)"));
  std::int64_t found = 0;
  for (const auto& query : queries) {
    DH_ASSIGN(const auto count, connection.scalar("insert into suspects " + query));
    found += count.value_or(0);
  }
  return found;
}

Result<std::vector<Check>> load_checks(const std::filesystem::path& project) {
  std::map<std::string, Check> by_name;
  for (auto& check : reference_checks()) by_name[check.name] = std::move(check);
  DH_ASSIGN(const auto files, models::load_files("checks", ".sql", project));
  for (const auto& [path, text] : files) {
    DH_ASSIGN(auto check, parse_check(path, text));
    std::error_code error;
    check.own = std::filesystem::exists(project / path, error);
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
  warehouse::SqlGuard guard;
  DH_ASSIGN(const auto checks, load_checks(project));
  for (const auto& check : checks) {
    const auto table = "operational." + check.entity;
    const auto it = runner.deltas().find(table);
    if (it == runner.deltas().end() || it->second.mode == models::Delta::Mode::none) continue;
    const bool whole = it->second.mode != models::Delta::Mode::incremental;
    const auto start = Clock::now();
    const models::Scope scope{.source = whole ? table : it->second.new_rows, .whole_source = whole};
    auto violations = find_violations(connection, guard, runner, check, scope, run_id);
    const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
    if (!violations) {
      const auto what = fmt::format("The check {} ({}) failed: {}", check.name, check.path, violations.error().message);
      if (!transaction_lives(connection)) return fail(violations.error().kind, what);
      if (check.severity == "fail")
        return fail(Error::Kind::gate,
                    fmt::format("{}\nIts severity is fail, so nothing of this run is visible: what it guards was not "
                                "looked at. Correct its SQL; `deskhouse check` tries it without a run.",
                                what));
      summary.failures.push_back(what);
      DH_TRY(record_result(connection, run_id, check, "failed", 0, violations.error().message, seconds()));
      continue;
    }
    summary.violations += *violations;
    DH_TRY(record_result(connection, run_id, check, *violations > 0 ? "violated" : "passed", *violations, std::nullopt,
                         seconds()));
    if (*violations > 0 && check.severity == "fail")
      return fail(
          Error::Kind::gate,
          fmt::format("The check {} found {} violations and its severity is fail: nothing of this run is visible. {}",
                      check.name, *violations, check.what_to_do));
  }
  return summary;
}

}  // namespace deskhouse::pipeline
