// deskhouse demo: an invented help desk, loaded, with what was planted in it beside what was found.
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "app/command.h"
#include "app/demo_server.h"
#include "app/demo_stream.h"
#include "app/progress.h"
#include "app/report.h"
#include "app/sections.h"
#include "base/json_text.h"
#include "demo/generator.h"
#include "models/metrics.h"

namespace deskhouse::app {

namespace {

using Json = nlohmann::json;

struct Options {
  std::int64_t tickets = 20'000;
  std::uint64_t seed = 1;
  std::string folder = "./deskhouse-demo", now;
  bool no_flaws = false, delta = false, freshservice = false, stream = false;
  std::string brokers;
  double rate = 200;
};

constexpr auto kWarehouse = "deskhouse.duckdb";

// A demo may be replaced; a folder with anything else in it is somebody's.
Status check_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::exists(folder, error) || std::filesystem::is_empty(folder, error)) return {};
  std::ifstream in(folder / "deskhouse.toml");
  std::string first;
  std::getline(in, first);
  if (first.find("deskhouse demo") != std::string::npos && std::filesystem::exists(folder / "truth.json", error))
    return {};
  return fail(Error::Kind::usage,
              fmt::format("{} is not empty and holds no demo; name another folder with --dir", folder.string()));
}

Status remove_earlier(const std::filesystem::path& folder) {
  std::error_code error;
  const auto warehouse = folder / kWarehouse;
  if (std::filesystem::exists(warehouse, error)) {
    // A warehouse in use must not be pulled from under its reader.
    const auto config = config::load(folder);
    if (config)
      if (const auto open = pipeline::open_warehouse(*config);
          !open && open.error().message.find("in use") != std::string::npos)
        return std::unexpected(open.error());
  }
  for (const auto* name : {"deskhouse.duckdb", "deskhouse.duckdb.wal"}) std::filesystem::remove(folder / name, error);
  for (const auto* name : {"deskhouse.duckdb.places", "delta", "freshservice"})
    std::filesystem::remove_all(folder / name, error);
  if (error)
    return fail(Error::Kind::io,
                fmt::format("Cannot remove the earlier demo in {}: {}", folder.string(), error.message()));
  return {};
}

Result<pipeline::RunReport> run_folder(const std::filesystem::path& folder, Timestamp as_of, Progress& progress) {
  DH_ASSIGN(const auto config, config::load(folder));
  DH_ASSIGN(auto warehouse, pipeline::open_warehouse(config));
  return pipeline::run_to_end(config, warehouse, {.as_of = as_of, .whole = false, .only = {}, .kind = "run"},
                              progress.observer(), [&] { return std::optional(as_of); });
}

// The same help desk, asked of a Freshservice: a test server that shows the demo's files while the run lasts.
Result<pipeline::RunReport> run_freshservice(const std::filesystem::path& folder, const std::filesystem::path& project,
                                             Timestamp as_of, Progress& progress) {
  progress.show("starting a Freshservice for tests", true);
  DH_ASSIGN(const auto server, DemoServer::start(folder));
  DH_TRY(server.write_project(project));
  return run_folder(project, as_of, progress);
}

// A number for each mart, to see that it works and to go on from.
Result<TextTable> key_numbers(const std::filesystem::path& folder, warehouse::Connection& connection) {
  TextTable table{{"mart", "metric", "value", "unit"}, {false, false, true, false}, {}};
  DH_ASSIGN(const auto metrics, models::load_metrics(folder));
  for (const auto* name :
       {"sla_attainment", "backlog", "first_contact_resolution", "csat", "asset_book_value", "cost_per_ticket"}) {
    const auto* metric = models::find_metric(metrics, name);
    if (!metric) continue;
    DH_ASSIGN(const auto value, models::measure(connection, *metric));
    table.rows.push_back({metric->mart, metric->title_en, value ? fmt::format("{:.2f}", *value) : "", metric->unit});
  }
  return table;
}

Result<std::int64_t> number(warehouse::Connection& connection, const std::string& sql) {
  DH_ASSIGN(const auto value, connection.scalar(sql));
  return value.value_or(0);
}

// truth.json against what the run recorded.
class Comparison {
 public:
  Comparison(warehouse::Connection& connection, const Json& truth) : connection_(connection), truth_(truth) {}

  Result<TextTable> compare() {
    for (const auto& [entity, count] : truth_.at("entities").items())
      for (const auto* what : {"loaded", "superseded", "quarantined"}) {
        const auto planted = count.at(what).get<std::int64_t>();
        if (planted == 0) continue;
        DH_TRY(add(
            fmt::format("{}: {}", entity, what), planted,
            fmt::format("select sum({})::bigint from meta.balances where run_id = 1 and entity = '{}'", what, entity)));
      }
    const auto& expected = truth_.at("expected");
    for (const auto& [field, planted] : expected.at("defaulted").items()) {
      const auto dot = field.find('.');
      DH_TRY(add(field + ": filled with the default", planted.get<std::int64_t>(),
                 fmt::format("select sum(defaulted)::bigint from meta.field_counts where run_id = 1 and entity = '{}' "
                             "and field = '{}'",
                             field.substr(0, dot), field.substr(dot + 1))));
    }
    for (const auto& [field, planted] : expected.at("dangling").items()) {
      const auto dot = field.find('.');
      DH_TRY(add(field + ": names a record that does not exist", planted.get<std::int64_t>(),
                 fmt::format("select count(*) from meta.violations where run_id = 1 and entity = '{}' and field = '{}' "
                             "and check_name like '%references'",
                             field.substr(0, dot), field.substr(dot + 1))));
    }
    DH_TRY(add("tickets: resolved before created", expected.at("resolved_before_created").get<std::int64_t>(),
               "select count(*) from meta.violations where run_id = 1 and check_name = 'resolved_before_created'"));
    DH_TRY(add("tickets: open", expected.at("open_tickets").get<std::int64_t>(),
               "select count(*) from core.fact_tickets_stored where is_open"));
    return table_;
  }
  bool agrees() const { return agrees_; }

 private:
  Status add(const std::string& what, std::int64_t planted, const std::string& sql) {
    DH_ASSIGN(const auto found, number(connection_, sql));
    agrees_ = agrees_ && planted == found;
    table_.rows.push_back(
        {what, std::to_string(planted), std::to_string(found), planted == found ? "OK" : "DIFFERENT"});
    return {};
  }
  warehouse::Connection& connection_;
  const Json& truth_;
  TextTable table_{{"what", "planted", "found", ""}, {false, true, true, false}, {}};
  bool agrees_ = true;
};

Result<Json> read_truth(const std::filesystem::path& folder) {
  std::ifstream in(folder / "truth.json");
  auto truth = Json::parse(in, nullptr, false);
  if (truth.is_discarded())
    return fail(Error::Kind::io, fmt::format("Cannot read {}", (folder / "truth.json").string()));
  return truth;
}

TextTable balances_of(const pipeline::RunReport& report) {
  TextTable table{{"source", "entity", "extracted", "loaded", "unchanged", "superseded", "quarantined"},
                  {false, false, true, true, true, true, true},
                  {}};
  for (const auto& line : report.balances) {
    const auto& b = line.balance;
    table.rows.push_back({line.source, line.entity, std::to_string(b.extracted), std::to_string(b.loaded),
                          std::to_string(b.unchanged), std::to_string(b.superseded), std::to_string(b.quarantined)});
  }
  return table;
}

std::string next_steps(const std::string& folder) {
  return fmt::format(
      "Look around:\n"
      "  deskhouse -C {0} status\n"
      "  deskhouse -C {0} query \"from mart_service_desk.sla_by_month order by month desc limit 12\"\n"
      "  deskhouse -C {0} explain sla INC0000045\n"
      "  deskhouse -C {0} quarantine list\n"
      "  deskhouse -C {0} verify",
      folder);
}

// A hook to one ticket that exists, for the suggested commands.
Result<std::string> some_ticket(warehouse::Connection& connection) {
  DH_ASSIGN(const auto id, connection.scalar_text("select ticket_id from core.fact_tickets_stored where sla_breached "
                                                  "and not is_open order by created_at desc, ticket_id limit 1"));
  return id.value_or("INC0000045");
}

Outcome demo(const Globals& globals, const Options& options) {
  demo::Options wanted{
      .folder = options.folder, .tickets = options.tickets, .seed = options.seed, .flaws = !options.no_flaws};
  DH_TRY(check_folder(wanted.folder));
  auto as_of = wanted.end;
  if (!options.now.empty()) {
    DH_ASSIGN(as_of, parse_now(options.now));
  }
  DH_TRY(remove_earlier(wanted.folder));
  Progress progress(globals.quiet || globals.json);
  wanted.progress = [&](double share) { progress.show(fmt::format("inventing a help desk: {:.0f} %", share * 100)); };
  DH_ASSIGN(const auto written, demo::generate(wanted));
  const auto project = options.freshservice ? wanted.folder / "freshservice" : wanted.folder;
  DH_ASSIGN(const auto report, options.freshservice ? run_freshservice(wanted.folder, project, as_of, progress)
                                                    : run_folder(wanted.folder, as_of, progress));
  Sections sections;
  sections.value("folder", json_text(project.string()));
  sections.note(fmt::format("Invented {} tickets ({} rows, {}) in {} and loaded them as of {} in {:.2f} s.",
                            grouped(written.tickets), grouped(written.rows),
                            human_bytes(static_cast<double>(written.bytes)), project.string(), to_string(report.as_of),
                            report.seconds));
  if (options.freshservice)
    sections.note("They were read by the REST API of a Freshservice, of which a test server was started and stopped.");
  sections.table("balances", "What became of every record:", balances_of(report));
  bool agrees = true;
  if (options.delta) {
    DH_ASSIGN(const auto more, demo::generate_delta({.base = wanted}));
    DH_ASSIGN(const auto second, run_folder(wanted.folder / "delta", Timestamp{as_of.us + kMicrosPerDay}, progress));
    sections.table(
        "delta_balances",
        fmt::format("A day later, {} tickets changed or came ({:.2f} s):", grouped(more.tickets), second.seconds),
        balances_of(second));
  }
  progress.clear();
  if (options.stream) {
    DH_ASSIGN(const auto streamed,
              stream_demo(wanted, as_of, {options.brokers, options.rate, globals.quiet || globals.json}));
    sections.note(fmt::format("The day after came as a stream: {} events in {} micro-batches.",
                              grouped(streamed.events), grouped(streamed.micro_batches)));
  }
  DH_ASSIGN(const auto config, config::load(project));
  DH_ASSIGN(auto warehouse, pipeline::open_warehouse(config, true));
  DH_ASSIGN(const auto numbers, key_numbers(project, warehouse.connection));
  sections.table("marts", "From the five marts:", numbers);
  if (!options.delta && !options.freshservice &&
      !options.stream) {  // truth.json speaks of the first delivery, as files
    DH_ASSIGN(const auto truth, read_truth(wanted.folder));
    Comparison comparison(warehouse.connection, truth);
    DH_ASSIGN(const auto table, comparison.compare());
    agrees = comparison.agrees();
    sections.table("planted_and_found", "What was planted (truth.json), and what was found:", table);
  }
  DH_ASSIGN(const auto ticket, some_ticket(warehouse.connection));
  auto steps = next_steps(project.string());
  steps.replace(steps.find("INC0000045"), 10, ticket);
  sections.note(steps);
  if (!globals.quiet || globals.json) sections.print(globals.json);
  if (!agrees)
    return fail(Error::Kind::warehouse,
                "What was found is not what was planted: this is a bug of Deskhouse, please report it with the seed "
                "and the number of tickets");
  return 0;
}

}  // namespace

void add_demo(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("demo", "Invent a help desk, load it, and show what came out");
  const auto* tickets = command->add_option("--tickets", options->tickets, "How many tickets (--freshservice: 2000)");
  command->get_option("--tickets")->capture_default_str();
  command->add_option("--seed", options->seed, "Another seed, another help desk; the same seed gives the same bytes")
      ->capture_default_str();
  command->add_option("--dir", options->folder, "The folder to make; a demo that is there is replaced")
      ->capture_default_str();
  command->add_option("--now", options->now,
                      "As of this time instead of the end of the invented data (2026-01-01T00:00:00Z)");
  command->add_flag("--no-flaws", options->no_flaws, "Plant no mistakes in the data");
  auto* delta = command->add_flag("--delta", options->delta, "Write and load a second delivery, a day later, too");
  auto* freshservice =
      command
          ->add_flag("--freshservice", options->freshservice,
                     "Load it from a Freshservice: a test server out of a checkout of Deskhouse shows the demo's files")
          ->excludes(delta);
  auto* stream = command
                     ->add_flag("--stream", options->stream,
                                "Then let the next day happen, as a stream of events, and show the numbers of now")
                     ->excludes(freshservice);
  command->add_option("--rate", options->rate, "With --stream: events a second; 0: as fast as it goes")
      ->needs(stream)
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      ->add_option("--brokers", options->brokers,
                   "With --stream: send the events through topic ticket-events of this Kafka cluster, which must "
                   "have it, instead of a log in this process")
      ->needs(stream);
  command->footer(
      "Examples:\n  deskhouse demo\n  deskhouse demo --stream --rate 50\n  deskhouse demo --tickets 1000000 --dir big "
      "--delta\n  deskhouse demo --tickets 2000 --freshservice");
  command->callback([&globals, &chosen, options, tickets] {
    constexpr std::int64_t kOfAServer = 2'000;  // each takes three calls
    if (options->freshservice && tickets->count() == 0) options->tickets = kOfAServer;
    chosen = [&globals, options] { return demo(globals, *options); };
  });
}

}  // namespace deskhouse::app
