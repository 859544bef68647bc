// deskhouse verify: is what the increments left what a full computation gives?
#include <fmt/format.h>

#include "app/command.h"
#include "app/command_host.h"
#include "app/console.h"
#include "app/progress.h"
#include "app/sections.h"
#include "config/location.h"
#include "pipeline/verify.h"

namespace deskhouse::app {

namespace {

struct Options {
  std::string table, against;
};

std::string result_of(const pipeline::Comparison& comparison) {
  return comparison.difference ? "DIFFERENT" : comparison.by_definition ? "same definition" : "equal";
}

TextTable tables_of(const pipeline::VerifyReport& report, bool json) {
  TextTable table{{"table", "rows", "result", "seconds"}, {false, true, false, true}, {}};
  for (const auto& t : report.tables) {
    const auto rows = t.by_definition ? std::string() : json ? std::to_string(t.left_rows) : grouped(t.left_rows);
    table.rows.push_back({t.table, rows, result_of(t), fmt::format("{:.2f}", t.seconds)});
  }
  return table;
}

TextTable differences_of(const pipeline::VerifyReport& report, const std::string& right) {
  TextTable table{{"table", "row", "column", "stored", right}, {false, false, false, false, false}, {}};
  for (const auto& t : report.tables)
    if (const auto& d = t.difference) table.rows.push_back({d->table, d->keys, d->column, d->left, d->right});
  return table;
}

TextTable broken_audits_of(const pipeline::VerifyReport& report) {
  TextTable table{{"model", "audit", "violations"}, {false, false, true}, {}};
  for (const auto& a : report.audits)
    if (a.violations > 0) table.rows.push_back({a.model, a.audit, std::to_string(a.violations)});
  return table;
}

TextTable unbalanced_of(const pipeline::VerifyReport& report) {
  TextTable table{{"line"}, {false}, {}};
  for (const auto& line : report.unbalanced) table.rows.push_back({line});
  return table;
}

void print(const pipeline::VerifyReport& report, const Globals& globals, bool against) {
  Sections sections;
  sections.value("ok", report.ok() ? "true" : "false");
  sections.value("as_of", fmt::format("\"{}\"", to_string(report.as_of)));
  sections.table("tables", "", tables_of(report, globals.json));
  sections.table("differences",
                 "First difference of each table:", differences_of(report, against ? "other" : "computed"));
  if (!against) {
    sections.table("audits", "Audits that do not hold:", broken_audits_of(report));
    sections.table("unbalanced", "Lines in which extracted is not loaded + unchanged + superseded + quarantined:",
                   unbalanced_of(report));
  }
  const auto verdict = against ? (report.ok() ? "The two warehouses hold the same." : "The two warehouses differ.")
                               : (report.ok() ? "What is stored is what a full computation gives."
                                              : "What is stored is not what it should be. `deskhouse rebuild` "
                                                "recomputes it; keep a copy of the file and report the difference.");
  const auto scope = against ? std::string()
                             : fmt::format(" {} audits and {} balances were looked at.", report.audits.size(),
                                           grouped(report.balances));
  sections.note(fmt::format("{} As of {};{} {:.1f} s.", verdict, to_string(report.as_of), scope, report.seconds));
  if (!globals.quiet || globals.json) sections.print(globals.json);
}

Outcome verify(const Globals& globals, const Options& options) {
  DH_ASSIGN(const auto config, config::load(globals.folder()));
  Progress progress(globals.quiet || globals.json);
  const pipeline::VerifyProgress show = [&](const std::string& step) { progress.show(step, true); };
  const bool against = !options.against.empty();
  if (against && !options.table.empty()) return fail(Error::Kind::usage, "--table and --against do not go together");
  std::optional<Project> project;  // a server's, which nobody else writes to meanwhile
  if (is_hosted()) {
    DH_ASSIGN(project, open_project_alone(globals));
  }
  auto* const open = project ? &project->warehouse : nullptr;
  const auto other = config::is_lake(options.against) ? options.against : file_of(options.against).string();
  DH_ASSIGN(const auto report, against ? pipeline::verify_against(config, other, show, open)
                                       : pipeline::verify(config, options.table, show, open));
  progress.clear();
  print(report, globals, against);
  return report.ok() ? 0 : 1;
}

}  // namespace

void add_verify(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command =
      root.add_subcommand("verify", "Compute every table whole and compare it, cell by cell, with what is stored");
  command->add_option("--table", options->table, "Only this model, such as core.fact_tickets_stored");
  command->add_option("--against", options->against, "Compare with another warehouse instead: a file, or ducklake:...");
  command->footer(
      "Names the first cell that differs; exit code 1 if there is one. The warehouse is only read.\nExample: deskhouse "
      "verify --against ../other/deskhouse.duckdb");
  command->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return verify(globals, *options); }; });
}

}  // namespace deskhouse::app
