// deskhouse stream: events of Kafka topics, in micro-batches, until told to stop.
#include <fmt/format.h>

#include <optional>

#include "app/alerting.h"
#include "app/command.h"
#include "app/live_view.h"
#include "app/log.h"
#include "app/output.h"
#include "app/report.h"
#include "app/spark_log.h"
#include "app/stop_signal.h"
#include "app/stream_lag.h"
#include "pipeline/records.h"
#include "stream/engine.h"

namespace deskhouse::app {

namespace {

struct Options {
  std::string brokers, now = "now", latency, engine, master;
  std::vector<std::string> spark_conf;
  bool until_end = false, accept_loss = false, top = false;
};

void print_progress(const stream::EngineProgress& progress, const pipeline::RunReport& report) {
  set_log_run(report.run_id);
  if (log_format() == LogFormat::json) {
    auto fields = fields_of(report);
    fields.emplace_back("events", progress.events);
    if (progress.lag) fields.emplace_back("lag_messages", *progress.lag);
    return log(Level::info, fmt::format("micro-batch {}", report.run_id), fields);
  }
  fmt::print("{} run {}: {} events so far, {} quarantined, {} behind, {:.0f} ms\n", to_string(report.as_of),
             report.run_id, grouped(progress.events), grouped(progress.quarantined),
             progress.lag ? grouped(*progress.lag) : "?", progress.seconds * 1000);
  std::fflush(stdout);
}

// Alerts beside a stream, which writes the lag that it saw into the warehouse for them.
class StreamAlerts {
 public:
  // `is_live`: its time is the clock; else there is only the look at the end.
  StreamAlerts(const Globals& globals, Project& project, bool is_live) : project_(project) {
    auto connection = project.warehouse.database->connect();
    if (!is_live || !connection || !project.config.alerts.enabled) return;
    connection_ = *std::move(connection);
    watch_.emplace(globals, [this](const config::Config&, const AlertWatch::Use& use) -> Status {
      DH_TRY(lag_.write(*connection_));
      return use(*connection_);
    });
  }
  void saw(std::optional<std::int64_t> lag) { lag_.saw(lag); }
  // The thread ends, and there is a last look.
  void end(Timestamp now) {
    watch_.reset();
    auto& connection = project_.warehouse.connection;
    auto status = lag_.write(connection);
    if (status) status = look_and_send(project_.config, connection, now);
    if (!status) log(Level::warning, "alerts: " + status.error().message);
  }

 private:
  Project& project_;
  std::optional<warehouse::Connection> connection_;
  StreamLag lag_;  // written by the thread, then by end()
  std::optional<AlertWatch> watch_;
};

// What the command line says of the engine goes before deskhouse.toml.
Status choose_engine(const Options& options, config::SparkStream& spark) {
  if (options.engine == "embedded") spark.master.clear();
  if (!options.master.empty()) spark.master = options.master;
  for (const auto& setting : options.spark_conf) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos)
      return fail(Error::Kind::usage, fmt::format("--spark-conf is '{}'; write KEY=VALUE", setting));
    spark.conf[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  if (options.engine == "spark" && spark.master.empty())
    return fail(Error::Kind::usage, "--engine spark wants --master, or stream.spark.master in deskhouse.toml");
  if (options.engine != "spark" && (!options.master.empty() || !options.spark_conf.empty()))
    return fail(Error::Kind::usage, "--master and --spark-conf go with --engine spark");
  return {};
}

Outcome run(const Globals& globals, const Options& options) {
  const StopSignal stop;
  DH_ASSIGN(auto project, open_project(globals, false));
  auto& config = project.config;
  if (!options.brokers.empty()) config.stream.brokers = options.brokers;
  if (!options.latency.empty())
    config.stream.use_latency(options.latency == "low" ? config::Latency::low : config::Latency::normal);
  stream::EngineOptions engine{.until_end = options.until_end, .accept_loss = options.accept_loss};
  if (options.now != "now") {
    DH_ASSIGN(engine.as_of, parse_now(options.now));
  }
  DH_TRY(choose_engine(options, config.stream.spark));
  DH_ASSIGN(const auto log,
            make_stream_log(config, {.until_end = options.until_end, .accept_loss = options.accept_loss, .stop = [&] {
                                       return stop.asked();
                                     }}));
  DH_ASSIGN(const auto dead_letters, stream::make_dead_letters(config.stream));
  StreamAlerts alerts(globals, project, options.now == "now");
  stream::EngineHooks hooks{.stop = [&] { return stop.asked(); }, .opened = {}, .published = {}, .settled = {}};
  stream::LiveMetrics live(config.stream.late_seconds);
  constexpr std::size_t kWindows = 12;
  hooks.published = [&](const stream::EngineProgress& progress, const pipeline::RunReport& report) {
    alerts.saw(progress.lag);
    if (options.top)
      show_live(draw_live(live.snapshot(kWindows), progress));
    else if (!globals.quiet && !globals.json)
      print_progress(progress, report);
  };
  const auto done = stream::run_stream(config, project.warehouse, *log,
                                       {dead_letters.get(), options.top ? &live : nullptr}, engine, hooks);
  alerts.end(engine.as_of.value_or(pipeline::now()));
  if (!done) return std::unexpected(done.error());
  if (globals.json)
    fmt::print("{{\"events\":{},\"micro_batches\":{},\"quarantined\":{}}}\n", done->events, done->micro_batches,
               done->quarantined);
  else if (!globals.quiet)
    fmt::print("{} events in {} micro-batches, {} quarantined\n", grouped(done->events), grouped(done->micro_batches),
               grouped(done->quarantined));
  return 0;
}

}  // namespace

void add_stream(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("stream", "Read events of Kafka topics as they come, until told to stop");
  command->add_option("--brokers", options->brokers, "Kafka brokers, instead of stream.brokers");
  command
      ->add_option("--latency", options->latency,
                   "low: rows within some tens of milliseconds, models and marts some seconds later")
      ->check(CLI::IsMember({"normal", "low"}));
  command
      ->add_option("--engine", options->engine,
                   "spark: a Spark cluster reads and validates the events (docs/spark.md); else as stream.spark says")
      ->check(CLI::IsMember({"embedded", "spark"}));
  command->add_option("--master", options->master, "Of the Spark cluster: spark://HOST:PORT");
  command->add_option("--spark-conf", options->spark_conf, "With --engine spark: KEY=VALUE for spark-submit --conf");
  command->add_flag("--until-end", options->until_end, "Stop once all that is there was read");
  command->add_flag("--accept-loss", options->accept_loss,
                    "Go on where events are gone, or the topic or cluster is another one: from the oldest event there");
  command->add_flag("--top", options->top, "Show the numbers of now instead of a line for each micro-batch");
  command->add_option("--now", options->now, "What 'now' is for ages and service levels: a date, a time with Z, or now")
      ->capture_default_str();
  command->footer(
      "[stream] of deskhouse.toml names brokers and topics (docs/config.md). An event is\n"
      "  {\"event_type\": \"ticket.updated\", \"timestamp\": \"2024-03-05T14:07:09Z\", \"data\": {\"id\": \"4711\", "
      "...}}\n"
      "whose data is read by the mapping of the source's entity. A part of a record changes only what it states. How\n"
      "far was read is stored with the rows, so each event counts once, whatever dies; events that cannot be read go\n"
      "to quarantine. SIGTERM and SIGINT: stops after the micro-batch that is under way.\n"
      "Example:\n  deskhouse -C my-desk stream --until-end");
  command->callback([&globals, &chosen, options] { chosen = [&globals, options] { return run(globals, *options); }; });
}

}  // namespace deskhouse::app
