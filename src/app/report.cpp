#include "app/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/console.h"
#include "app/output.h"

namespace deskhouse::app {

LogFields fields_of(const pipeline::RunReport& report) {
  pipeline::Balance all;
  for (const auto& line : report.balances) {
    all.extracted += line.balance.extracted;
    all.loaded += line.balance.loaded;
    all.unchanged += line.balance.unchanged;
    all.superseded += line.balance.superseded;
    all.quarantined += line.balance.quarantined;
  }
  return {{"run_id", report.run_id},        {"as_of", to_string(report.as_of)}, {"extracted", all.extracted},
          {"loaded", all.loaded},           {"unchanged", all.unchanged},       {"superseded", all.superseded},
          {"quarantined", all.quarantined}, {"violations", report.violations},  {"seconds", report.seconds}};
}

void print_report(const pipeline::RunReport& report, const Globals& globals) {
  if (log_format() == LogFormat::json) {
    for (const auto& notice : report.notices) log(Level::warning, notice);
    log(Level::info, fmt::format("run {} succeeded", report.run_id), fields_of(report));
  } else {
    for (const auto& notice : report.notices) print_error("deskhouse: {}\n", printable(notice));
  }
  if (globals.quiet) return;
  TextTable table{
      {"source", "entity", "extracted", "loaded", "unchanged", "superseded", "quarantined", "deleted", "returned"},
      {false, false, true, true, true, true, true, true, true},
      {}};
  const bool tells_why =
      globals.json || std::ranges::any_of(report.balances, [](const auto& line) { return !line.unavailable.empty(); });
  if (tells_why) {
    table.columns.push_back("not available");
    table.numbers.push_back(false);
  }
  for (const auto& line : report.balances) {
    const auto& b = line.balance;
    const auto number = [&](std::int64_t n) { return globals.json ? std::to_string(n) : grouped(n); };
    table.rows.push_back({line.source, line.entity, number(b.extracted), number(b.loaded), number(b.unchanged),
                          number(b.superseded), number(b.quarantined), number(line.deleted), number(line.returned)});
    if (tells_why) table.rows.back().push_back(line.unavailable);
  }
  print_table(table, globals.json ? Form::json : Form::table);
  if (globals.json) return;
  if (report.slices > 1) print_out("\nPublished piece by piece, in {} runs.", grouped(report.slices));
  if (report.unfinished) print_out("\nThere is more: the next run goes on from here.");
  print_out(
      "\nRun {} as of {}: {:.2f} s, {} violations recorded. extracted = loaded + unchanged + superseded + quarantined "
      "holds for each line; deleted and returned are records of earlier runs.\n",
      report.run_id, to_string(report.as_of), report.seconds, grouped(report.violations));
}

}  // namespace deskhouse::app
