// deskhouse diff: what became of a metric between two runs, down to the rows that made the difference.
#include <fmt/format.h>

#include <cmath>

#include "app/command.h"
#include "app/console.h"
#include "app/sections.h"
#include "base/nearest.h"
#include "models/metrics.h"
#include "models/model.h"
#include "pipeline/diff.h"
#include "pipeline/time_travel.h"

namespace deskhouse::app {

namespace {

struct Options {
  std::string metric, from, to;
  std::int64_t rows = 20;
};

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : std::string();
}

std::string change_of(const std::optional<double>& before, const std::optional<double>& after) {
  return before && after ? fmt::format("{:+}", *after - *before) : std::string();
}

TextTable buckets_of(const pipeline::MetricDifference& difference) {
  TextTable table{{"of", "before", "after", "change"}, {false, true, true, true}, {}};
  for (const auto& bucket : difference.buckets)
    table.rows.push_back(
        {bucket.of, number(bucket.before), number(bucket.after), change_of(bucket.before, bucket.after)});
  return table;
}

TextTable rows_of(const pipeline::FactDifference& fact) {
  using Change = pipeline::ChangedRow::Change;
  TextTable table{{"change", "row", "column", "before", "after"}, {false, false, false, false, false}, {}};
  for (const auto& row : fact.rows) {
    if (row.change != Change::changed)
      table.rows.push_back({row.change == Change::added ? "added" : "removed", row.row, "", "", ""});
    for (const auto& cell : row.cells) table.rows.push_back({"changed", row.row, cell.column, cell.before, cell.after});
  }
  return table;
}

void print(const Globals& globals, const models::Metric& metric, const pipeline::MetricDifference& difference,
           const Options& options) {
  Sections sections;
  const auto json = [](const std::optional<double>& value) { return value ? number(value) : std::string("null"); };
  sections.value("before", json(difference.before));
  sections.value("after", json(difference.after));
  sections.note(fmt::format(
      "{} ({}): {} as of {}, {} as of {}{}.", metric.name, metric.unit,
      difference.before ? number(difference.before) : "nothing", options.from,
      difference.after ? number(difference.after) : "nothing", options.to.empty() ? "now" : options.to,
      difference.before && difference.after ? ", " + change_of(difference.before, difference.after) : std::string()));
  sections.table("buckets",
                 fmt::format("Where it differs ({} of {})", difference.buckets.size(), difference.bucket_count),
                 buckets_of(difference), "It differs nowhere.");
  std::string counts;
  for (const auto& fact : difference.facts) {
    counts += fmt::format(R"({}{{"table":"{}","added":{},"removed":{},"changed":{}}})", counts.empty() ? "" : ",",
                          fact.table, fact.added, fact.removed, fact.changed);
    sections.table(fact.table,
                   fmt::format("Rows of {}: {} added, {} removed, {} changed in what the metric reads", fact.table,
                               grouped(fact.added), grouped(fact.removed), grouped(fact.changed)),
                   rows_of(fact));
  }
  sections.value("facts", "[" + counts + "]");
  sections.print(globals.json);
}

Outcome diff(const Globals& globals, const Options& options) {
  DH_ASSIGN(const auto metrics, models::load_metrics(globals.folder()));
  const auto* metric = models::find_metric(metrics, options.metric);
  if (metric == nullptr) {
    std::vector<std::string> names;
    for (const auto& known : metrics) names.push_back(known.name);
    return fail(Error::Kind::usage, fmt::format("There is no metric '{}'{}; docs/metrics.md lists them",
                                                printable(options.metric), did_you_mean(options.metric, names)));
  }
  DH_ASSIGN(const auto models, models::load_models(globals.folder()));
  DH_ASSIGN(auto project, open_project(globals, true));
  auto& database = *project.warehouse.database;
  auto& now = project.warehouse.connection;
  DH_ASSIGN(auto before, pipeline::connect_as_of(database, now, options.from));
  DH_ASSIGN(auto after, options.to.empty() ? pipeline::connect_to_latest(database, now)
                                           : pipeline::connect_as_of(database, now, options.to));
  DH_ASSIGN(const auto difference, pipeline::diff_metric(before, after, *metric, models, options.rows));
  print(globals, *metric, difference, options);
  return 0;
}

}  // namespace

void add_diff(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command =
      root.add_subcommand("diff", "What became of a metric between two runs, down to the rows behind it (of a lake)");
  command->add_option("metric", options->metric, "The metric, such as backlog: docs/metrics.md")->required();
  command->add_option("--from", options->from, "A run, or a time: 12, 2024-03-05, 2024-03-05T14:00:00Z")->required();
  command->add_option("--to", options->to, "The same; without it what is there now");
  command->add_option("--rows", options->rows, "How many rows and buckets to list")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  command->footer(
      "Of the rows behind the metric those are listed that differ in a column that it reads.\n"
      "`deskhouse snapshots` lists the runs that there are; a warehouse that is a file keeps none (docs/lake.md).\n"
      "Example: deskhouse diff backlog --from 11 --to 12");
  command->callback([&globals, &chosen, options] { chosen = [&globals, options] { return diff(globals, *options); }; });
}

}  // namespace deskhouse::app
