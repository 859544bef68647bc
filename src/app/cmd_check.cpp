// deskhouse check: what do the checks say of all that is stored?
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/command.h"
#include "app/sections.h"
#include "pipeline/check_tests.h"
#include "pipeline/stored_checks.h"

namespace deskhouse::app {

namespace {

struct Options {
  std::vector<std::string> select;
  std::string fail_on = "fail";
  std::int64_t examples = 5;
  bool test = false;
};

constexpr std::array<std::string_view, 4> kSeverities = {"warn", "quarantine", "fail", "never"};

auto rank(std::string_view severity) {
  return std::ranges::find(kSeverities, severity) - kSeverities.begin();
}

TextTable checks_of(const std::vector<pipeline::StoredCheck>& results, bool json) {
  TextTable table{{"check", "entity", "severity", "status", "violations", "seconds", "error"},
                  {false, false, false, false, true, true, false},
                  {}};
  for (const auto& r : results)
    table.rows.push_back({r.check.name, r.check.entity, r.check.severity, std::string(r.status()),
                          json ? std::to_string(r.violations) : grouped(r.violations), fmt::format("{:.3f}", r.seconds),
                          r.error});
  return table;
}

TextTable examples_of(const std::vector<pipeline::StoredCheck>& results) {
  TextTable table{
      {"check", "id", "field", "value", "expected", "message"}, {false, false, false, false, false, false}, {}};
  for (const auto& r : results)
    for (const auto& [id, field, value, expected, message] : r.examples)
      table.rows.push_back({r.check.name, id, field, value, expected, message});
  return table;
}

TextTable advice_of(const std::vector<pipeline::StoredCheck>& results) {
  TextTable table{{"check", "what to do"}, {false, false}, {}};
  for (const auto& r : results)
    if (r.violations > 0) table.rows.push_back({r.check.name, r.check.what_to_do});
  return table;
}

Outcome test(const Globals& globals, const Options& options) {
  DH_ASSIGN(const auto config, config::load(globals.folder()));
  DH_ASSIGN(const auto tests, pipeline::test_checks(config, options.select));
  TextTable table{{"test", "check", "result", "seconds", "where"}, {false, false, false, true, false}, {}};
  TextTable problems{{"test", "where", "problem"}, {false, false, false}, {}};
  for (const auto& t : tests) {
    table.rows.push_back(
        {t.name, t.check, t.problem.empty() ? "passed" : "failed", fmt::format("{:.3f}", t.seconds), t.place});
    if (!t.problem.empty()) problems.rows.push_back({t.name, t.place, t.problem});
  }
  Sections sections;
  sections.value("ok", problems.rows.empty() ? "true" : "false");
  sections.table("tests", "", table, "There are no tests: write some into checks/tests/*.toml (docs/checks.md).");
  sections.table("problems", "What went wrong:", problems);
  sections.note(fmt::format("{} tests: {} failed.", tests.size(), problems.rows.size()));
  if (!globals.quiet || globals.json) sections.print(globals.json);
  return problems.rows.empty() ? 0 : 1;
}

Outcome check(const Globals& globals, const Options& options) {
  if (options.test) return test(globals, options);
  DH_ASSIGN(auto project, open_project_alone(globals));
  DH_ASSIGN(const auto results,
            pipeline::check_stored(project.config, project.warehouse, options.select, options.examples));
  const auto is_refused = [&](const pipeline::StoredCheck& r) {
    return r.violations > 0 && rank(r.check.severity) >= rank(options.fail_on);
  };
  const auto refused = std::ranges::count_if(results, is_refused);
  const auto failed = std::ranges::count(results, "failed", &pipeline::StoredCheck::status);
  const auto violated = std::ranges::count(results, "violated", &pipeline::StoredCheck::status);
  Sections sections;
  sections.value("ok", refused == 0 && failed == 0 ? "true" : "false");
  sections.table("checks", "", checks_of(results, globals.json));
  sections.table("examples", fmt::format("The first violations of each check, {} at most:", options.examples),
                 examples_of(results));
  sections.table("what_to_do", "What to do:", advice_of(results));
  sections.note(fmt::format("{} checks: {} found something, {} could not run.", results.size(), violated, failed));
  if (!globals.quiet || globals.json) sections.print(globals.json);
  return refused > 0 ? 3 : failed > 0 ? 1 : 0;
}

}  // namespace

void add_check(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("check", "Run the checks over all that is stored and show what they find");
  command->add_option("--select", options->select, "Only checks of this name; * and ? as in file names; repeatable");
  command->add_option("--fail-on", options->fail_on, "Exit with 3 if a check of this severity or above found something")
      ->capture_default_str()
      ->check(CLI::IsMember({"warn", "quarantine", "fail", "never"}));
  command->add_option("--examples", options->examples, "Show at most so many violations of each check")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--test", options->test,
                    "Run the unit tests of checks, checks/tests/*.toml, instead; needs no warehouse");
  command->footer(
      "The warehouse is only read; a check is a file of checks/ (docs/checks.md). A check that cannot run, or a test "
      "that "
      "fails, is named and the others run; exit code 1.\nExamples:\n  deskhouse check --select 'tickets_*' --fail-on "
      "warn\n  deskhouse check --test --select my_check");
  command->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return check(globals, *options); }; });
}

}  // namespace deskhouse::app
