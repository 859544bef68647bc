#include "pipeline/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>

#include "base/nearest.h"
#include "models/header.h"
#include "pipeline/configured_checks.h"
#include "pipeline/reference_checks.h"
#include "pipeline/violations.h"
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
  if (!schema::find_entity(check.entity) && !check.is_about_all())
    return fail(Error::Kind::config, fmt::format("{}: there is no entity '{}'", path, check.entity));
  return check;
}

models::Model named_after(const Check& check) {
  models::Model named;
  named.path = check.path;
  return named;
}

Result<std::int64_t> find_violations(CheckContext& context, const Check& check, const models::Scope& scope,
                                     std::int64_t run_id) {
  DH_ASSIGN(const auto body, context.find(check, scope));
  if (!body) return 0;
  if (check.severity == "fail") {  // seldom violated: a look costs less than the record of nothing
    DH_ASSIGN(const auto any, context.connection().scalar(fmt::format("select 1 from ({}\n) limit 1", *body)));
    if (!any) return 0;
  }
  return record_violations(context.connection(), check, *body, run_id);
}

// Whether its columns can be left out of a first look, which then costs a tenth: one SELECT over the table.
bool is_plain(const Check& check) {
  return check.body.starts_with("select") && check.body.contains("{{source}}") && !check.body.contains(" join ");
}

// Rows of meta.check_results, which one statement writes: each has a cost of its own.
class Results {
 public:
  explicit Results(std::int64_t run_id) : run_id_(run_id) {}
  void add(const Check& check, std::string_view status, std::int64_t violations,
           const std::optional<std::string>& error = std::nullopt, double seconds = 0) {
    rows_.push_back(fmt::format("({}, {}, {}, {}, {}, {}, {})", run_id_, sql_text(check.name), sql_text(check.severity),
                                sql_text(status), violations, error ? sql_text(*error) : "null", seconds));
  }
  Status write(warehouse::Connection& connection) const {
    if (rows_.empty()) return {};
    return connection.execute(fmt::format("insert into meta.check_results values {}", fmt::join(rows_, ", ")));
  }

 private:
  std::int64_t run_id_;
  std::vector<std::string> rows_;
};

// DuckDB has no savepoints: an error of execution ends the transaction, one of parsing or binding does not.
bool transaction_lives(warehouse::Connection& connection) {
  return connection.scalar("select 1").has_value();
}

}  // namespace

// A set takes up to 32 bytes a key while it is made: of more keys there are several, one after the other.
constexpr std::int64_t kKeysPerSet = 1'000'000;

// Keys of a whole table that lead nowhere.
Result<std::int64_t> CheckContext::gather_unknown_keys(const Check::Reference& r, const std::string& source) {
  const auto known = [&](std::string_view part) {
    return connection_.integers(fmt::format("select key from operational.{} where {}", r.target, part));
  };
  const auto gather = [&](std::string_view part, int set) {
    return connection_.scalar(fmt::format(
        "insert into suspects select '{0}' as field, key from (select {1} as key from {2}) where {3} and not "
        "in_changed({4}, key)",
        r.field, r.key, source, part, set));
  };
  DH_ASSIGN(const auto rows, connection_.scalar("select count(*) from operational." + r.target));
  if (*rows <= kKeysPerSet) {
    if (!known_keys_.contains(r.target)) {
      DH_ASSIGN(const auto keys, known("true"));
      known_keys_[r.target] = sets_.add(keys);
    }
    DH_ASSIGN(const auto found, gather("key is not null", known_keys_[r.target]));
    return found.value_or(0);
  }
  std::int64_t found = 0;
  const auto parts = std::bit_ceil(static_cast<std::uint64_t>(*rows / kKeysPerSet + 1));
  for (std::uint64_t i = 0; i < parts; ++i) {
    const auto part = fmt::format("key & {} = {}", parts - 1, i);  // keys are hashes
    DH_ASSIGN(const auto keys, known(part));
    warehouse::LocalSets sets(functions_);
    DH_ASSIGN(const auto count, gather(part, sets.add(keys)));
    found += count.value_or(0);
  }
  return found;
}

Result<std::int64_t> CheckContext::gather_suspects(const Check& check, const Check::Reference& reference,
                                                   const models::Scope& scope) {
  if (scope.whole_source) return gather_unknown_keys(reference, scope.source);
  DH_ASSIGN(const auto query, runner_.expand(named_after(check), reference.suspects, scope));
  DH_ASSIGN(const auto found, connection_.scalar("insert into suspects " + query));
  return found.value_or(0);
}

Result<std::optional<std::string>> CheckContext::find_lost(const Check& check, const models::Scope& scope) {
  DH_TRY(connection_.execute("create or replace temp table suspects (field varchar, key bigint)"));
  std::vector<std::string> selects;
  for (const auto& reference : check.references) {
    DH_ASSIGN(const auto found, gather_suspects(check, reference, scope));
    if (found == 0) continue;
    DH_ASSIGN(const auto any,
              connection_.scalar(fmt::format("select count(*) from (from operational.{} limit 1)", reference.target)));
    DH_ASSIGN(selects.emplace_back(),
              runner_.expand(named_after(check), *any > 0 ? reference.each_record : reference.all_at_once, scope));
  }
  if (selects.empty()) return std::nullopt;
  return fmt::format("{}", fmt::join(selects, "\nunion all\n"));
}

Status CheckContext::look_at(const Check& check) {
  if (!check.own) return {};
  // As it reads over the whole table: in an increment the placeholders may stand for lists of a million places.
  DH_ASSIGN(const auto whole,
            runner_.expand(named_after(check), check.body, {.source = "operational." + check.entity}));
  if (const auto verdict = guard_.check(connection_, whole, warehouse::SqlGuard::Author::project); !verdict)
    return fail(Error::Kind::config, verdict.error().message);
  return {};
}

Result<std::optional<std::string>> CheckContext::find(const Check& check, const models::Scope& scope) {
  DH_TRY(look_at(check));
  if (!check.references.empty()) return find_lost(check, scope);
  DH_ASSIGN(auto body, runner_.expand(named_after(check), check.body, scope));
  if (scope.whole_source && is_plain(check)) {
    DH_ASSIGN(const auto found, connection_.scalar(fmt::format("select count(*) from ({}\n)", body)));
    if (found == 0) return std::nullopt;
  }
  return body;
}

namespace {

// Whether it looks at records of {{source}} only.
bool is_by_source(const Check& check) {
  return !check.references.empty() || check.body.contains("{{source}}");
}

Status set_severities(const config::Config& config, std::map<std::string, Check>& by_name) {
  for (const auto& [name, severity] : config.quality.severity) {
    const auto it = by_name.find(name);
    if (it == by_name.end()) {
      std::vector<std::string> known;
      for (const auto& [check, unused] : by_name) known.push_back(check);
      return fail(Error::Kind::config, fmt::format("deskhouse.toml: quality.severity: there is no check '{}'{}", name,
                                                   did_you_mean(name, known)));
    }
    it->second.severity = severity;
  }
  for (const auto& [name, check] : by_name)
    if (check.severity == "quarantine" && (check.is_about_all() || !is_by_source(check)))
      return fail(
          Error::Kind::config,
          fmt::format("{}: the check {} has severity quarantine, which judges records before they are visible: it "
                      "must be about one entity and read {{{{source}}}}. Write warn or fail",
                      check.path, name));
  return {};
}

}  // namespace

Result<std::vector<Check>> load_checks(const config::Config& config) {
  std::map<std::string, Check> by_name;
  for (auto& check : reference_checks()) by_name[check.name] = std::move(check);
  DH_ASSIGN(const auto files, models::load_files("checks", ".sql", config.project));
  for (const auto& [path, text] : files) {
    DH_ASSIGN(auto check, parse_check(path, text));
    std::error_code error;
    check.own = std::filesystem::exists(config.project / path, error);
    by_name[check.name] = std::move(check);
  }
  for (auto& check : configured_checks(config.quality)) by_name[check.name] = std::move(check);
  DH_TRY(set_severities(config, by_name));
  std::vector<Check> checks;
  for (auto& [name, check] : by_name) checks.push_back(std::move(check));
  return checks;
}

namespace {

// What the whole-run loop knows of a check's entity.
struct Look {
  models::Scope scope;
  std::string records;  // see Examined
};

std::optional<Look> look_of(const models::Runner& runner, const Check& check) {
  if (check.is_about_all()) return Look{};
  const auto table = "operational." + check.entity;
  const auto it = runner.deltas().find(table);
  if (it == runner.deltas().end() || it->second.mode == models::Delta::Mode::none) return std::nullopt;
  if (it->second.mode == models::Delta::Mode::whole) return Look{.scope = {.source = table}, .records = ""};
  const auto& rows = it->second.new_rows;
  // One that reads no {{source}} looks at all there is.
  const bool is_by_record = is_by_source(check) || check.body.contains("{{changed(") || check.body.contains("{{rows ");
  return Look{.scope = {.source = rows, .whole_source = false}, .records = is_by_record ? rows : ""};
}

// Records that came may be those that others named in vain.
Status resolve_arrivals(CheckContext& context, const models::Runner& runner, const std::vector<Check>& checks,
                        std::int64_t run_id) {
  for (const auto& entity : schema::entities()) {
    const auto table = fmt::format("operational.{}", entity.name);
    const auto it = runner.deltas().find(table);
    if (it == runner.deltas().end() || it->second.mode == models::Delta::Mode::none) continue;
    const bool whole = it->second.mode == models::Delta::Mode::whole;
    DH_TRY(resolve_references(context.connection(), checks, entity.name, whole ? table : it->second.new_rows, run_id));
  }
  return {};
}

}  // namespace

Result<CheckSummary> run_checks(CheckContext& context, const models::Runner& runner, const std::vector<Check>& checks,
                                std::int64_t run_id, Which which,
                                const std::map<std::string, std::int64_t>& quarantined) {
  using Clock = std::chrono::steady_clock;
  auto& connection = context.connection();
  CheckSummary summary;
  std::vector<Examined> examined;
  Results results(run_id);
  for (const auto& check : checks) {
    const auto before = quarantined.find(check.name);
    const auto held_back = before == quarantined.end() ? 0 : before->second;
    const bool is_gate = check.severity == "fail", is_left = which == Which::gates && !is_gate;
    summary.violations += held_back;
    const auto look = is_left ? std::nullopt : look_of(runner, check);
    if (!look) {
      if (held_back > 0) results.add(check, "violated", held_back);
      continue;
    }
    if (which == Which::others && is_gate) {
      examined.push_back({&check, look->records});
      results.add(check, "passed", 0);
      continue;
    }
    const auto start = Clock::now();
    auto violations = find_violations(context, check, look->scope, run_id);
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
      results.add(check, "failed", 0, violations.error().message, seconds());
      continue;
    }
    examined.push_back({&check, look->records});
    summary.violations += *violations;
    const auto all = *violations + held_back;
    if (which != Which::gates) results.add(check, all > 0 ? "violated" : "passed", all, std::nullopt, seconds());
    if (*violations > 0 && check.severity == "fail")
      return fail(
          Error::Kind::gate,
          fmt::format("The check {} found {} violations and its severity is fail: nothing of this run is visible. {}",
                      check.name, *violations, check.what_to_do));
  }
  DH_TRY(results.write(connection));
  if (which == Which::gates) return summary;
  DH_TRY(resolve_violations(connection, examined, run_id));
  DH_TRY(resolve_arrivals(context, runner, checks, run_id));
  return summary;
}

}  // namespace deskhouse::pipeline
