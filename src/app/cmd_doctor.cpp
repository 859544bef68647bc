// deskhouse doctor: what is wrong with this project, and what to do about it. Reads everything; changes nothing unless
// told to.
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>

#include "app/command.h"
#include "app/output.h"
#include "base/time_zone.h"
#include "config/location.h"
#include "models/metrics.h"
#include "models/model.h"
#include "pipeline/checks.h"
#include "pipeline/contract.h"
#include "pipeline/records.h"
#include "sources/registry.h"
#include "staging/stager.h"
#include "warehouse/maintenance.h"
#include "warehouse/memory_limit.h"
#include "warehouse/parquet.h"

namespace deskhouse::app {

namespace {

constexpr double kLowDiskBytes = 1024.0 * 1024 * 1024;

// One line of the report for each thing looked at.
class Findings {
 public:
  void ok(const std::string& what, const std::string& found) { add("ok", what, found, ""); }
  void warn(const std::string& what, const std::string& found, const std::string& to_do) {
    add("warn", what, found, to_do);
  }
  void fail(const std::string& what, const std::string& found, const std::string& to_do) {
    failed_ = true;
    add("FAIL", what, found, to_do);
  }
  void add(const std::string& what, const sources::Finding& finding) {
    using Level = sources::Finding::Level;
    if (finding.level == Level::fail) return fail(what, finding.found, finding.to_do);
    if (finding.level == Level::warn) return warn(what, finding.found, finding.to_do);
    ok(what, finding.found);
  }
  bool failed() const { return failed_; }
  void print(bool json) const { print_table(table_, json ? Form::json : Form::table); }

 private:
  void add(const char* state, const std::string& what, const std::string& found, const std::string& to_do) {
    table_.rows.push_back({state, what, found, to_do});
  }
  TextTable table_{{"state", "what", "found", "what to do"}, {false, false, false, false}, {}};
  bool failed_ = false;
};

// Messages of one line each into one cell.
std::string one_line(std::string text) {
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) text.replace(at, 1, "; ");
  return text;
}

// What the runs before know of the columns; nothing where there is no warehouse, or one that somebody else has open.
pipeline::RememberedColumns columns_before(Result<Project>& project, const config::EntityMapping& mapping) {
  if (!project) return {};
  const auto known = pipeline::remembered_columns(project->warehouse.connection, mapping);
  return known ? *known : pipeline::RememberedColumns{};
}

void look_at_inputs(const Globals& globals, const config::Config& config, Findings& findings) {
  auto memory = warehouse::Database::open(
      {.path = ":memory:", .memory_limit = config.memory_limit, .threads = 1, .read_only = false});
  if (!memory)
    return findings.fail("embedded database", memory.error().message, "Set project.memory_limit to at least 128MB");
  const auto parquet = warehouse::make_parquet_reader(**memory);
  if (config.sources.empty())
    findings.warn("sources", "deskhouse.toml has none",
                  "Describe your files: [sources.NAME.tickets] with a path, see docs/config.md");
  auto before = open_project(globals, true);
  for (const auto& source : config.sources)
    for (const auto& mapping : source.entities) {
      const auto name = fmt::format("input {}.{}", source.name, mapping.entity);
      std::vector<sources::Finding> noticed;
      const auto open = [&]() -> Result<std::vector<std::string>> {
        DH_TRY(staging::make_stager(mapping));
        DH_ASSIGN(const auto made, sources::make_source(source, {.parquet = parquet.get()}));
        DH_ASSIGN(const auto now, made->columns(mapping));
        DH_ASSIGN(const auto agreed, pipeline::apply_contract(mapping, columns_before(before, mapping), now, false));
        for (const auto& change : agreed.changes)
          noticed.push_back({sources::Finding::Level::warn, pipeline::sentence(mapping, change),
                             "Put the mapping or the source right before the next run, or let it be so"});
        DH_ASSIGN(const auto stager, staging::make_stager(agreed.mapping));
        DH_ASSIGN(auto reader, made->open(agreed.mapping, stager->raw_columns(), {}));
        sources::RawBatch batch;
        DH_ASSIGN(const bool any, reader->next(batch, 100));
        if (!any && !reader->unavailable().empty())  // else an empty input is an input
          noticed.push_back({sources::Finding::Level::warn, reader->unavailable(),
                             "Leave it out (entities), or take the key of a role that may see it"});
        auto columns = reader->unmapped_columns();
        reader.reset();  // a source does one thing at a time
        DH_ASSIGN(const auto examined, made->examine(agreed.mapping));
        noticed.insert(noticed.end(), examined.begin(), examined.end());
        return columns;
      };
      const auto unmapped = open();
      if (!unmapped)
        findings.fail(name, one_line(unmapped.error().message), "Correct what deskhouse.toml says of this input");
      else if (!unmapped->empty())
        findings.warn(name,
                      fmt::format("{} can be read; no mapping names {}", mapping.input(), fmt::join(*unmapped, ", ")),
                      "Map them, list them in custom_fields, or leave them out knowingly");
      else if (noticed.empty() || noticed.front().level == sources::Finding::Level::ok)
        findings.ok(name, fmt::format("{} can be read", mapping.input()));
      for (const auto& finding : noticed) findings.add(name, finding);
    }
}

void look_at_runs(warehouse::Connection& connection, Findings& findings) {
  const auto number = [&](const char* sql) {
    const auto value = connection.scalar(sql);
    return value ? value->value_or(0) : 0;
  };
  if (const auto n = number("select count(*) from meta.runs where status = 'running'"); n > 0)
    findings.warn("runs", fmt::format("{} died before the end", n),
                  "Run again: nothing of such a run is visible, and the next one starts over");
  if (const auto n = number("select count(*) from duckdb_tables() where schema_name = 'operational' and table_name "
                            "like 'load\\_%' escape '\\'");
      n > 0)
    findings.warn("load tables", fmt::format("{} left by a run that died", n), "The next run removes them");
  const auto last = connection.scalar_text(
      "select status || coalesce(': ' || error, '') from meta.runs order by run_id desc limit 1");
  if (last && *last && (*last)->starts_with("failed"))
    findings.warn("last run", one_line(**last), "Correct it and run again; the data is that of the run before");
  else
    findings.ok("last run", last && *last ? **last : "there was none yet");
  if (const auto n = number("select count(*) from staging.quarantine where status = 'quarantined'"); n > 0)
    findings.warn("quarantine", fmt::format("{} records", grouped(n)),
                  "See `deskhouse quarantine list`; put the mapping right, then `deskhouse quarantine replay`");
  else
    findings.ok("quarantine", "empty");
}

// Younger files that nobody knows of may be those of a run that is under way.
Timestamp old_enough(const config::Config& config) {
  return Timestamp{pipeline::now().us - config.maintenance.keep_files_seconds * kMicrosPerSecond};
}

void remove_orphans(const Globals& globals, Findings& findings) {
  const auto removed = [&]() -> Result<std::int64_t> {
    DH_ASSIGN(auto project, open_project(globals, false));
    return warehouse::remove_orphans(project.warehouse.connection, pipeline::now(), old_enough(project.config));
  }();
  if (!removed) return findings.fail("orphans", one_line(removed.error().message), "Put that right and try again");
  findings.ok("orphans", fmt::format("{} removed", grouped(*removed)));
}

void look_at_lake(const config::Config& config, warehouse::Connection& connection, Findings& findings) {
  const auto orphans = warehouse::find_orphans(connection, old_enough(config));
  if (!orphans)
    findings.fail("orphans", one_line(orphans.error().message), "Look at the folder project.lake_data");
  else if (!orphans->empty())
    findings.warn("orphans",
                  fmt::format("{} files that the catalogue does not know of, such as {}",
                              grouped(static_cast<std::int64_t>(orphans->size())), orphans->front()),
                  "A run that died left them; nobody sees them. `deskhouse doctor --remove-orphans` removes them");
  else
    findings.ok("orphans", "none");
}

struct Options {
  bool removes_orphans = false;
};

void look_at_warehouse(const Globals& globals, const Options& options, const config::Config& config,
                       Findings& findings) {
  const auto location = config::location_of(config);
  if (!location.may_exist())
    return findings.warn("warehouse", fmt::format("{} does not exist yet", location.name), "`deskhouse run` makes it");
  if (options.removes_orphans && location.lake) remove_orphans(globals, findings);
  auto project = open_project(globals, true);
  if (!project)
    return findings.fail("warehouse", one_line(project.error().message),
                         "Wait for the other process, or look at the file");
  const auto& path = location.beside;
  std::error_code error;
  findings.ok("warehouse",
              location.lake ? location.name
                            : fmt::format("{}, {}", location.name,
                                          human_bytes(static_cast<double>(std::filesystem::file_size(path, error)))));
  look_at_runs(project->warehouse.connection, findings);
  if (location.lake) look_at_lake(config, project->warehouse.connection, findings);
  for (const auto& entry :
       std::filesystem::directory_iterator(path.parent_path().empty() ? "." : path.parent_path(), error))
    if (entry.path().filename().string().starts_with(path.filename().string() + ".verify-"))
      findings.warn("leftover", entry.path().string(),
                    "A `deskhouse verify` that died left it; delete it unless one is running");
}

void look_at_machine(const config::Config& config, Findings& findings) {
  struct statvfs disk {};
  auto path = config::location_of(config).beside.parent_path();
  if (path.empty()) path = ".";
  if (statvfs(path.c_str(), &disk) == 0) {
    const double free = static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize);
    if (free < kLowDiskBytes)
      findings.warn("disk", human_bytes(free) + " free",
                    "A run needs room for its data twice; free some, or put project.warehouse elsewhere");
    else
      findings.ok("disk", human_bytes(free) + " free");
  }
  if (access(path.c_str(), W_OK) != 0)
    findings.fail("folder", fmt::format("{} cannot be written", path.string()),
                  "Give yourself the right to write, or put project.warehouse elsewhere");
  if (const auto zone = TimeZone::load("Europe/Amsterdam"); !zone)
    findings.fail("time zones", one_line(zone.error().message), "Install the tzdata package");
  else
    findings.ok("time zones", "the system's zone files are there");
  const double pages = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
  const auto limit =
      config.memory_limit == config::kAutomatic
          ? human_bytes(static_cast<double>(warehouse::memory_limit_of(config::location_of(config).beside.string())))
          : config.memory_limit;
  findings.ok("memory", fmt::format("{} in the machine, {} for the embedded database (project.memory_limit)",
                                    human_bytes(pages), limit));
}

void look_at_files(const config::Config& config, Findings& findings) {
  const auto& project = config.project;
  if (const auto models = models::load_models(project); models)
    findings.ok("models", fmt::format("{}", models->size()));
  else
    findings.fail("models", one_line(models.error().message),
                  "Correct the file; docs/models.md is the format's reference");
  if (const auto metrics = models::load_metrics(project); metrics)
    findings.ok("metrics", fmt::format("{}", metrics->size()));
  else
    findings.fail("metrics", one_line(metrics.error().message), "Correct models/metrics.toml");
  if (const auto checks = pipeline::load_checks(config); checks)
    findings.ok("checks", fmt::format("{}", checks->size()));
  else
    findings.fail("checks", one_line(checks.error().message),
                  "Correct the file; docs/checks.md is the format's reference");
}

Outcome doctor(const Globals& globals, const Options& options) {
  Findings findings;
  const auto config = config::load(globals.folder());
  if (config) {
    findings.ok("config", config->file.string());
    look_at_machine(*config, findings);
    look_at_files(*config, findings);
    look_at_inputs(globals, *config, findings);
    look_at_warehouse(globals, options, *config, findings);
  } else {
    findings.fail("config", one_line(config.error().message), "Correct deskhouse.toml; docs/config.md has every key");
  }
  findings.print(globals.json);
  return findings.failed() ? 1 : 0;
}

}  // namespace

void add_doctor(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("doctor", "Look at config, inputs, warehouse, disk and zones; say what to do");
  command->add_flag("--remove-orphans", options->removes_orphans,
                    "Of a lake: first remove the files that its catalogue does not know of and that are older than "
                    "maintenance.keep_files");
  command->footer(
      "Changes nothing else. Exit code 1 if something must be put right before a run.\n"
      "Example: deskhouse doctor");
  command->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return doctor(globals, *options); }; });
}

}  // namespace deskhouse::app
