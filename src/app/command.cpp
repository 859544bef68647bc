#include "app/command.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "app/command_host.h"
#include "app/console.h"
#include "app/log.h"
#include "pipeline/imported_sla.h"
#include "pipeline/records.h"
#include "pipeline/time_travel.h"

namespace deskhouse::app {

int exit_code(const Error& error) {
  switch (error.kind) {
    case Error::Kind::usage:
    case Error::Kind::config:
      return 2;
    case Error::Kind::gate:
      return 3;
    default:
      return 1;
  }
}

Result<Timestamp> parse_now(const std::string& text) {
  if (text == "now") return pipeline::now();
  if (const auto date = parse_iso_date(text)) return Timestamp{std::int64_t{date->days} * kMicrosPerDay};
  if (const auto at = parse_iso_timestamp(text)) return *at;
  return fail(Error::Kind::usage,
              fmt::format("'{}' is not a time; write 2024-03-05, 2024-03-05T14:00:00Z or now", text));
}

Result<Project> open_project(const Globals& globals, bool read_only) {
  return is_hosted() ? open_hosted(read_only ? Use::read : Use::write) : open_own_project(globals, read_only);
}

Result<Project> open_project_as_of(const Globals& globals, const std::string& as_of) {
  DH_ASSIGN(auto project, open_project(globals, true));
  if (as_of.empty()) return project;
  DH_ASSIGN(auto then, pipeline::connect_as_of(*project.warehouse.database, project.warehouse.connection, as_of));
  if (is_hosted())
    DH_TRY(then.execute("set session file_search_path = " + warehouse::sql_text(console().folder.string())));
  use_connection(project, std::move(then));
  return project;
}

void add_as_of(CLI::App& command, std::string& as_of) {
  command.add_option("--as-of", as_of,
                     "Of a lake: as it was after a run, or at a time: 12, 2024-03-05, 2024-03-05T14:00:00Z");
}

Result<Project> open_project_alone(const Globals& globals) {
  return is_hosted() ? open_hosted(Use::read_alone) : open_own_project(globals, true);
}

namespace {

// Two jobs that write to one warehouse, each of a source of its own, take turns by this.
Result<pipeline::Warehouse> open_when_free(const Globals& globals, const config::Config& config, bool read_only) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kLookAgain{200};
  const auto until = Clock::now() + std::chrono::seconds(globals.wait_seconds);
  for (bool told = globals.quiet;; told = true) {
    auto warehouse = pipeline::open_warehouse(config, read_only);
    if (warehouse || warehouse.error().kind != Error::Kind::busy || Clock::now() + kLookAgain > until) return warehouse;
    if (!told) log(Level::warning, fmt::format("Waiting. {}", warehouse.error().message));
    std::this_thread::sleep_for(kLookAgain);
  }
}

}  // namespace

Result<Project> open_own_project(const Globals& globals, bool read_only) {
  DH_ASSIGN(auto config, config::load(globals.folder()));
  DH_ASSIGN(auto warehouse, open_when_free(globals, config, read_only));
  DH_TRY(pipeline::use_imported_sla(config, warehouse.connection, warehouse.database->functions()));
  return Project{{}, std::move(config), std::move(warehouse), {}};
}

}  // namespace deskhouse::app
