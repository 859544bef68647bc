#include <fmt/format.h>
#include <fmt/ranges.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>
#include <sstream>
#include <utility>

#include "config/check.h"
#include "config/config.h"
#include "config/location.h"
#include "config/read_alerts.h"
#include "config/read_quality.h"
#include "config/read_server.h"
#include "config/read_sla.h"
#include "config/read_sources.h"
#include "config/read_stream.h"
#include "config/scalars.h"
#include "schema/catalog.h"

namespace deskhouse::config {
namespace {

constexpr std::string_view kFileName = "deskhouse.toml";

Result<std::string> read_file(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error) && error != std::errc::permission_denied)
    return fail(Error::Kind::config,
                fmt::format("{} does not exist. Write one with `deskhouse init`, or name the project folder with -C.",
                            file.string()));
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  const bool empty = in && in.peek() == std::ifstream::traits_type::eof() && !in.bad();
  if (!empty && !(text << in.rdbuf()))
    return fail(Error::Kind::config,
                fmt::format("{} cannot be read: {}{}.", file.string(), std::strerror(errno),
                            errno == EACCES ? "; give this user permission to read it and its folder" : ""));
  return std::move(text).str();
}

// A number and a unit that the embedded database understands, or that it is to fit the warehouse.
bool is_memory_limit(std::string_view text) {
  if (text == kAutomatic) return true;
  const auto digits = text.find_first_not_of("0123456789.");
  if (digits == 0 || digits == std::string_view::npos) return false;
  auto unit = std::string(text.substr(text.find_first_not_of(' ', digits)));
  std::transform(unit.begin(), unit.end(), unit.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return unit == "KB" || unit == "MB" || unit == "GB" || unit == "KIB" || unit == "MIB" || unit == "GIB";
}

void read_project(const Section& section, Config& config) {
  constexpr std::int64_t kMostThreads = 1'024;
  config.name = section.text("name", config.name);
  config.warehouse = section.text("warehouse", config.warehouse);
  config.memory_limit = section.text("memory_limit", config.memory_limit);
  config.threads = section.integer("threads", config.threads, 0, kMostThreads);
  if (config.name.empty()) section.problem("name", "must not be empty");
  config.lake_data = section.text("lake_data", config.lake_data);
  if (const auto mistake = mistake_in_location(config.warehouse); !mistake.empty())
    section.problem("warehouse", mistake);
  if (config.lake_data.empty()) section.problem("lake_data", "must name a folder");
  if (!is_memory_limit(config.memory_limit))
    section.problem("memory_limit",
                    fmt::format("'{}' is neither a number with KB, MB or GB nor 'auto'", config.memory_limit));
}

void read_load(const Section& load, const Section& staging, const Section& retention, Config& config) {
  constexpr std::int64_t kMostRows = 10'000'000;
  config.batch_size = load.integer("batch_size", config.batch_size, 1, kMostRows);
  config.bulk_batch_size = load.integer("bulk_batch_size", config.bulk_batch_size, 1, kMostRows);
  constexpr std::int64_t kMostMonths = 1200;
  config.retention_months = retention.integer("months", config.retention_months, 0, kMostMonths);
  config.staging_retention_seconds = staging.duration_seconds("retention").value_or(config.staging_retention_seconds);
}

void read_maintenance(const Section& section, Maintenance& maintenance) {
  if (section.has("every")) {
    const auto text = section.text("every", "");
    const auto seconds = text == "never" ? std::optional<std::int64_t>(0) : parse_duration_seconds(text);
    if (!seconds)
      section.problem("every", fmt::format("'{}' is neither a duration such as \"1d\" nor \"never\"", text));
    maintenance.every_seconds = seconds.value_or(0);
  }
  maintenance.keep_snapshots_seconds =
      section.duration_seconds("keep_snapshots").value_or(maintenance.keep_snapshots_seconds);
  maintenance.keep_files_seconds = section.duration_seconds("keep_files").value_or(maintenance.keep_files_seconds);
}

void read_segments(const Section& section, Config& config, std::string& canonical) {
  constexpr std::int64_t kMost = 1'000'000;
  auto& rules = config.segments;
  rules.at_risk_csat_below_percent =
      section.integer("at_risk_csat_below_percent", rules.at_risk_csat_below_percent, 0, 100);
  rules.heavy_tickets = section.integer("heavy_tickets", rules.heavy_tickets, 1, kMost);
  rules.dormant_quarters = section.integer("dormant_quarters", rules.dormant_quarters, 1, kMost);
  canonical +=
      fmt::format("segments {} {} {}\n", rules.at_risk_csat_below_percent, rules.heavy_tickets, rules.dormant_quarters);
}

void read_finance(const Section& section, Config& config, std::string& canonical) {
  config.overhead_per_month = section.amount("overhead_per_month");
  config.breach_penalty = section.amount("breach_penalty");
  canonical += fmt::format("finance {} {}\n", config.overhead_per_month.units, config.breach_penalty.units);
  for (const auto& table : section.tables("initiatives")) {
    const Initiative initiative{table.text("name", ""), table.amount("cost"), table.amount("benefit")};
    for (const auto key : {"name", "cost", "benefit"})
      if (!table.has(key)) table.problem(key, "required for the return on investment");
    if (table.has("cost") && initiative.cost.units <= 0) table.problem("cost", "must be more than 0");
    canonical +=
        fmt::format("initiative {:?} {} {}\n", initiative.name, initiative.cost.units, initiative.benefit.units);
    config.initiatives.push_back(initiative);
  }
}

std::string hash_of(const std::string& canonical) {
  return fmt::format("{:016x}", XXH64(canonical.data(), canonical.size(), 0));
}

// Whether any policy of that name names a calendar; those of one name all do, or none.
bool says_calendar(const Value& document, const std::string& policy) {
  const auto* policies = document.find("sla")->find("policies");
  return std::ranges::any_of(policies->items, [&](const Value& item) {
    const auto* name = item.find("name");
    return name != nullptr && name->text == policy && item.find("calendar") != nullptr;
  });
}

}  // namespace

Result<Config> load(const std::filesystem::path& project_folder) {
  DH_ASSIGN(const auto text, read_file(project_folder / kFileName));
  return parse(text, project_folder);
}

Result<Config> parse(const std::string& text, const std::filesystem::path& project_folder) {
  Config config{.project = project_folder, .file = project_folder / kFileName};
  DH_ASSIGN(const auto document, parse_document(text, kFileName));
  Problems problems{std::string(kFileName)};
  check_shape(document, problems);
  if (!problems.empty()) return std::unexpected(problems.error());

  // The canonical text of all that changes the meaning of derived rows, whatever the order of keys in the
  // file.
  std::string canonical;
  const Section root(&document, "", problems);
  read_project(root.table("project"), config);
  const auto reporting = root.table("reporting");
  if (auto zone = reporting.zone("time_zone")) config.reporting_zone = std::move(*zone);
  config.holidays = reporting.holidays("holidays");
  canonical +=
      fmt::format("reporting {:?} holidays {}\n", config.reporting_zone.name(), canonical_text(config.holidays));
  read_load(root.table("load"), root.table("staging"), root.table("retention"), config);
  read_maintenance(root.table("maintenance"), config.maintenance);
  config.calendars = read_calendars(root.table("calendars"), problems, canonical);
  config.sla = read_sla(root.table("sla"), config.calendars, canonical);
  read_segments(root.table("segments"), config, canonical);
  read_finance(root.table("finance"), config, canonical);
  config.sources = read_sources(root.table("sources"), project_folder);
  config.quality = read_quality(root.table("quality"));
  config.stream = read_stream(root.table("stream"), config.sources);
  config.server = read_server(root.table("server"));
  config.alerts = read_alerts(root, project_folder);
  if (!problems.empty()) return std::unexpected(problems.error());
  config.fingerprint = config.own_fingerprint = hash_of(canonical);
  config.own_policies = config.sla.policies().size() - 1;
  return config;
}

Status add_imported_sla(Config& config, const std::string& toml) {
  const auto& before = config.sla.policies();
  const auto standard = before.back();
  std::vector<core::SlaPolicy> policies(before.begin(),
                                        before.begin() + static_cast<std::ptrdiff_t>(config.own_policies));
  config.fingerprint = config.own_fingerprint;
  if (!toml.empty()) {
    constexpr std::string_view kName = "the SLA policies of a source";
    std::vector<std::string> stops;
    for (const auto& status : standard.stop_statuses) stops.push_back(fmt::format("\"{}\"", status));
    // Policies that name neither take them from deskhouse.toml.
    const auto text = fmt::format("[sla]\nstop_statuses = [{}]\n{}", fmt::join(stops, ", "), toml);
    DH_ASSIGN(const auto document, parse_document(text, kName));
    Problems problems{std::string(kName)};
    check_shape(document, problems);
    if (!problems.empty()) return std::unexpected(problems.error());
    std::string canonical;
    const Section root(&document, "", problems);
    const auto calendars = read_calendars(root.table("calendars"), problems, canonical);
    const auto imported = read_sla(root.table("sla"), calendars, canonical);
    if (!problems.empty()) return std::unexpected(problems.error());
    for (auto policy : std::span(imported.policies()).first(imported.policies().size() - 1)) {
      if (policy.calendar->always_open() && !says_calendar(document, policy.name)) policy.calendar = standard.calendar;
      policies.push_back(std::move(policy));
    }
    config.fingerprint = hash_of(config.own_fingerprint + canonical);
  }
  policies.push_back(standard);
  config.sla = core::SlaPolicies(std::move(policies));
  return {};
}

const FieldMapping* EntityMapping::find(std::string_view field) const {
  const auto it = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.field == field; });
  return it == fields.end() ? nullptr : &*it;
}

std::string_view to_string(Contract contract) {
  switch (contract) {
    case Contract::evolve:
      return "evolve";
    case Contract::freeze:
      return "freeze";
    case Contract::discard_row:
      return "discard_row";
    case Contract::discard_value:
      return "discard_value";
  }
  std::unreachable();
}

Contract contract_of(const EntityMapping& entity, const FieldMapping& field) {
  return field.contract.value_or(entity.contract);
}

std::string_view change_field(const EntityMapping& entity) {
  return entity.entity == schema::kTicketEvents.name ? "event_at" : "updated_at";
}

bool may_be_absent(const EntityMapping& entity, std::string_view raw_column) {
  const auto names_it = [&](const auto& list) { return std::find(list.begin(), list.end(), raw_column) != list.end(); };
  if (names_it(entity.gone) || names_it(entity.known)) return true;
  if (names_it(entity.custom_fields)) return false;
  const std::string in_template = fmt::format("{{{}}}", raw_column);
  bool used = false;
  for (const auto& field : entity.fields) {
    const bool uses =
        field.column == raw_column || (field.template_ && field.template_->find(in_template) != std::string::npos);
    if (uses && !field.optional) return false;
    used = used || uses;
  }
  return used;  // what no field uses was asked for by someone who needs it
}

}  // namespace deskhouse::config
