// deskhouse run: one batch run, or one every so often.
#include <fmt/format.h>
#include <unistd.h>

#include "app/alerting.h"
#include "app/command.h"
#include "app/command_host.h"
#include "app/console.h"
#include "app/log.h"
#include "app/report.h"
#include "app/spark_cluster.h"
#include "app/stop_signal.h"
#include "base/json_text.h"
#include "config/scalars.h"
#include "pipeline/records.h"
#include "pipeline/schedule.h"

namespace deskhouse::app {

namespace {

struct Options {
  bool full = false;
  bool reread = false;
  bool json_progress = false;
  std::string now = "now";
  std::string every;
  std::vector<std::string> only, sources;
  bool sweep = false;
  bool accept_deletes = false;
  bool accept_columns = false;
  std::string engine = "embedded";
  SparkOptions spark;
};

// The run that published the batch before; it is then not submitted again.
Result<std::optional<std::int64_t>> published_before(Project& project, const Options& options) {
  if (options.spark.batch.empty()) return std::nullopt;
  return pipeline::run_of_batch(project.warehouse.connection, options.spark.batch);
}

void print_published(const Options& options, std::int64_t run_id, const Globals& globals) {
  if (globals.json)
    print_out("{{\"batch\": {}, \"published_by\": {}}}\n", json_text(options.spark.batch), run_id);
  else if (!globals.quiet)
    print_out("The batch {} was published by run {}: nothing is left to do\n", options.spark.batch, run_id);
}

// A run; and where a source has more than it gives in one, the runs that go on from it, until all is read or
// `stop_asked`.
Outcome run(const Globals& globals, const Options& options, const std::function<bool()>& stop_asked) {
  if (options.engine != "spark" && (!options.spark.master.url.empty() || !options.spark.batch.empty()))
    return fail(Error::Kind::usage, "--master and --batch go with --engine spark");
  DH_ASSIGN(const auto as_of, parse_now(options.now));
  DH_ASSIGN(auto project, open_project(globals, false));
  if (options.json_progress) set_log_format(LogFormat::json);  // who reads JSON reads nothing else between
  Progress progress(globals.quiet || globals.json, options.json_progress ? Progress::Form::json : Progress::Form::line);
  std::unique_ptr<SparkCluster> cluster;
  if (options.engine == "spark") {
    DH_ASSIGN(const auto before, published_before(project, options));
    if (before) {
      print_published(options, *before, globals);
      return 0;
    }
    DH_ASSIGN(cluster,
              SparkCluster::open(
                  project.config, options.spark, [&](const std::string& line) { progress.show(line); }, stop_asked));
  }
  const auto next_as_of = [&] {
    return stop_asked() ? std::nullopt : std::optional(options.now == "now" ? pipeline::now() : as_of);
  };
  const auto report = pipeline::run_to_end(project.config, project.warehouse,
                                           {.as_of = as_of,
                                            .whole = options.full,
                                            .reread = options.reread,
                                            .only = options.only,
                                            .kind = "run",
                                            .sources = options.sources,
                                            .sweep = options.sweep,
                                            .accept_deletes = options.accept_deletes,
                                            .accept_columns = options.accept_columns,
                                            .cluster = cluster.get()},
                                           progress.observer(), next_as_of);
  progress.clear();
  if (report) print_report(*report, globals);
  const auto looked = look_and_send(project.config, project.warehouse.connection,
                                    options.now == "now" ? pipeline::now() : as_of, !report);
  if (!report) return std::unexpected(report.error());
  if (!looked) log(Level::warning, "alerts: " + looked.error().message);
  // Who asked for a sweep wants to know that there was none.
  return options.sweep && report->sweep_refused ? exit_code({Error::Kind::gate, ""}) : 0;
}

// When the last successful run started; none where there is no warehouse yet.
Result<std::optional<Timestamp>> last_success(const Globals& globals) {
  DH_ASSIGN(auto project, open_project(globals, false));
  DH_ASSIGN(const auto started,
            project.warehouse.connection.scalar(
                "select max(started_at) from meta.runs where status = 'succeeded' and kind = 'run'"));
  return started ? std::optional(Timestamp{*started}) : std::nullopt;
}

// The warehouse is open only while a run is under way, so that others can read it in between; deskhouse.toml is read
// anew each time.
Outcome run_every(const Globals& globals, Options options) {
  const auto every = config::parse_duration_seconds(options.every);
  if (!every || *every <= 0)
    return fail(Error::Kind::usage,
                fmt::format("--every is '{}'; write a duration such as 90s, 5m, 12h or 1d", options.every));
  if (options.accept_deletes || options.accept_columns)
    return fail(Error::Kind::usage, "--every goes on by itself: what is accepted is accepted in one run, without it");
  if (!options.spark.batch.empty())
    return fail(Error::Kind::usage, "--every makes batch after batch, and --batch names one: leave out one of them");
  if (is_hosted())
    return fail(Error::Kind::usage,
                "A server runs for this project and reads each source at its `every` already; leave out --every");
  if (options.now != "now") return fail(Error::Kind::usage, "--every goes with the clock: leave out --now");
  DH_ASSIGN(const auto last, last_success(globals));
  const auto seed = static_cast<std::uint64_t>(pipeline::now().us) ^ static_cast<std::uint64_t>(getpid());
  pipeline::Schedule schedule(*every * kMicrosPerSecond, {.last_success = last}, seed);
  const StopSignal stop;
  while (!stop.wait(schedule.next())) {
    const auto started = pipeline::now();
    const auto outcome = run(globals, options, [&] { return stop.asked(); });
    if (outcome) {
      schedule.succeeded(started);
      options.full = false;  // asked for once
    } else {
      schedule.failed(pipeline::now());
      const auto wait = (schedule.next().us - pipeline::now().us) / kMicrosPerSecond;
      if (log_format() == LogFormat::json)
        log(Level::error, outcome.error().message,
            {{"failures", std::int64_t{schedule.failures()}}, {"next_try_seconds", wait}});
      else
        print_error("deskhouse: {}\ndeskhouse: run {} in a row that failed; the next try is in {} s\n",
                    outcome.error().message, schedule.failures(), wait);
    }
    std::fflush(console().out);
  }
  return 0;
}

}  // namespace

void add_run(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("run", "Extract, validate and publish: once, or every so often");
  command->add_flag("--full", options->full, "Recompute every model, whatever changed");
  command->add_flag("--reread", options->reread, "Extract every record again, whatever earlier runs read");
  command->add_option("--now", options->now, "What 'now' is for ages and service levels: a date, a time with Z, or now")
      ->capture_default_str();
  command->add_option("--only", options->only, "Extract only these entities, by name");
  command->add_option("--source", options->sources, "Extract only from these sources, by name");
  command->add_flag("--sweep", options->sweep,
                    "Look for records that were deleted in the sources, though it is not yet time for it");
  command->add_flag("--accept-deletes", options->accept_deletes,
                    "Believe a sweep that finds many records gone, or all of them");
  command->add_flag("--accept-columns", options->accept_columns,
                    "Go on with the columns that the sources have now, where the contract is freeze");
  command->add_flag("--json-progress", options->json_progress,
                    "Write progress to standard error as a JSON object a line, at most one a second");
  command->add_option("--every", options->every,
                      "Go on until SIGINT or SIGTERM: a run each 90s, 5m, 12h or 1d, from start to start");
  command
      ->add_option("--engine", options->engine, "spark: a Spark cluster reads and validates the files (docs/spark.md)")
      ->check(CLI::IsMember({"embedded", "spark"}))
      ->capture_default_str();
  command->add_option("--master", options->spark.master.url, "Of the Spark cluster: spark://HOST:PORT");
  command->add_option("--batch", options->spark.batch,
                      "With --engine spark: a name that is published once, however often it is submitted");
  command->add_option("--tasks", options->spark.tasks,
                      "With --engine spark: so many tasks an entity, whatever its size");
  command->add_option("--spark-conf", options->spark.master.settings,
                      "With --engine spark: KEY=VALUE for spark-submit --conf");
  command->footer(
      "Readers see a run as a whole or not at all. `deskhouse status` shows what became of it.\n"
      "Examples:\n"
      "  deskhouse run --source desk --only tickets     read the tickets of one source\n"
      "  deskhouse run --sweep                          mark now what the sources deleted; exit code 3 if refused\n"
      "With --every: at once if the last successful run is longer ago than that; never two at a time; a run that "
      "fails\n"
      "is tried again after 10 s, then more slowly, at most that long after; starts are spread by up to a tenth.");
  command->callback([&globals, &chosen, options] {
    chosen = [&globals, options] {
      return options->every.empty() ? run(globals, *options, [] { return console().hung_up && console().hung_up(); })
                                    : run_every(globals, *options);
    };
  });
}

}  // namespace deskhouse::app
