#include "pipeline/stored_checks.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <chrono>

#include "pipeline/violations.h"

namespace deskhouse::pipeline {

namespace {

bool matches(const std::string& pattern, const Check& check) {
  return fnmatch(pattern.c_str(), check.name.c_str(), 0) == 0;
}

Result<std::vector<Check>> selected(const config::Config& config, const std::vector<std::string>& patterns) {
  DH_ASSIGN(auto checks, load_checks(config));
  if (patterns.empty()) return checks;
  for (const auto& pattern : patterns)
    if (std::ranges::none_of(checks, [&](const Check& check) { return matches(pattern, check); }))
      return fail(Error::Kind::usage,
                  fmt::format("No check is named '{}'. docs/checks.md lists the built-in ones; the project's own are "
                              "files of {}",
                              pattern, (config.project / "checks").string()));
  std::erase_if(checks, [&](const Check& check) {
    return std::ranges::none_of(patterns, [&](const std::string& pattern) { return matches(pattern, check); });
  });
  return checks;
}

Status look(CheckContext& context, std::int64_t examples, StoredCheck& stored) {
  auto& connection = context.connection();
  DH_ASSIGN(const auto body, context.find(stored.check, {.source = "operational." + stored.check.entity}));
  if (!body) return {};
  DH_TRY(connection.execute(
      fmt::format("create or replace temp table violations_found as {}", findings_of(stored.check, *body))));
  DH_ASSIGN(const auto count, connection.scalar("select count(*) from violations_found"));
  stored.violations = count.value_or(0);
  DH_ASSIGN(const auto rows, connection.query(fmt::format("select id, field, value, expected, message from "
                                                          "violations_found order by all limit {}",
                                                          examples)));
  for (std::size_t i = 0; i < rows.row_count(); ++i)
    stored.examples.push_back(
        {rows.display(i, 0), rows.display(i, 1), rows.display(i, 2), rows.display(i, 3), rows.display(i, 4)});
  return {};
}

}  // namespace

Result<std::vector<StoredCheck>> check_stored(const config::Config& config, Warehouse& warehouse,
                                              const std::vector<std::string>& patterns, std::int64_t examples) {
  using Clock = std::chrono::steady_clock;
  DH_ASSIGN(const auto checks, selected(config, patterns));
  DH_ASSIGN(const auto as_of,
            warehouse.connection.scalar("select epoch_us(as_of) from meta.state where data_version > 0"));
  if (!as_of)
    return fail(Error::Kind::warehouse,
                "There is nothing to check: no run has succeeded yet. Start one: deskhouse run");
  const Timestamp now{*as_of};
  warehouse.database->functions().set_as_of(now);
  const std::vector<models::Model> no_models;
  const models::Runner runner(warehouse.connection, *warehouse.database, no_models, model_settings(config), now, now);
  CheckContext context(warehouse.connection, warehouse.database->functions(), runner);
  std::vector<StoredCheck> results;
  for (const auto& check : checks) {
    auto& stored = results.emplace_back(StoredCheck{.check = check});
    const auto start = Clock::now();
    if (const auto done = look(context, examples, stored); !done) stored.error = done.error().message;
    stored.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  }
  return results;
}

}  // namespace deskhouse::pipeline
