#include "config/read_freshservice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest.h"
#include "config/freshservice_fields.h"
#include "config/read_fields.h"

namespace deskhouse::config {
namespace {

constexpr std::string_view kKeys[] = {"domain",
                                      "url",
                                      "api_key_env",
                                      "api_key_file",
                                      "sslrootcert",
                                      "entities",
                                      "workspaces",
                                      "concurrency",
                                      "retries",
                                      "timeout",
                                      "rate_window",
                                      "calls_per_slice",
                                      "deleted_every",
                                      "use_sla_policies",
                                      "use_business_hours",
                                      "sla_targets_in"};

// The built-in mapping as a document; it is ours, so it parses.
const Value& built_in() {
  static const Value document = [] {
    auto parsed = parse_document(freshservice_fields(), "the built-in mapping of Freshservice");
    DH_ASSERT(parsed.has_value(), "the built-in mapping of Freshservice is TOML");
    return *std::move(parsed);
  }();
  return document;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

// The key must not travel in the clear, unless it stays on this machine.
bool is_safe_url(std::string_view url) {
  if (url.starts_with("https://")) return url.size() > std::string_view("https://").size();
  for (const std::string_view local : {"http://127.0.0.1", "http://localhost", "http://[::1]"})
    if (url.starts_with(local) && (url.size() == local.size() || url[local.size()] == ':')) return true;
  return false;
}

std::string read_url(const Section& section) {
  const auto domain = section.text("domain", "");
  auto url = section.text("url", "");
  if (domain.empty() == url.empty()) {
    section.problem(domain.empty() ? "domain" : "url", "name one of domain and url");
    return url;
  }
  if (!domain.empty()) {
    if (!std::ranges::all_of(domain, is_host_character))
      section.problem("domain", fmt::format("'{}' is not the name of an account; write \"acme\" for "
                                            "https://acme.freshservice.com",
                                            domain));
    return fmt::format("https://{}{}", domain, domain.find('.') == std::string::npos ? ".freshservice.com" : "");
  }
  while (url.ends_with('/')) url.pop_back();
  if (!is_safe_url(url) || url.find_first_of("@?# \\") != std::string::npos)
    section.problem("url", fmt::format("'{}' is not an address such as https://acme.freshservice.com; http is for "
                                       "servers on this machine only, since the key would travel in the clear",
                                       url));
  return url;
}

}  // namespace

std::span<const std::string_view> freshservice_keys() {
  return kKeys;
}

Freshservice read_freshservice(const Section& section, const std::filesystem::path& project) {
  constexpr std::int64_t kMostRequests = 16, kMostRetries = 100, kMostCalls = 1'000'000;
  Freshservice account{.url = read_url(section),
                       .api_key_env = section.text("api_key_env", ""),
                       .api_key_file = section.text("api_key_file", ""),
                       .sslrootcert = section.text("sslrootcert", ""),
                       .workspaces = section.texts("workspaces"),
                       .concurrency = section.integer("concurrency", 2, 1, kMostRequests),
                       .retries = section.integer("retries", 6, 0, kMostRetries),
                       .calls_per_slice = section.integer("calls_per_slice", 1000, 1, kMostCalls),
                       .use_sla_policies = section.boolean("use_sla_policies", false),
                       .use_business_hours = section.boolean("use_business_hours", false),
                       .project = project};
  account.timeout_seconds = section.duration_seconds("timeout").value_or(account.timeout_seconds);
  account.rate_window_seconds = section.duration_seconds("rate_window").value_or(account.rate_window_seconds);
  account.sweep_seconds = section.duration_seconds("deleted_every").value_or(account.sweep_seconds);
  if (account.api_key_env.empty() == account.api_key_file.empty())
    section.problem(account.api_key_env.empty() ? "api_key_env" : "api_key_file",
                    "name one of api_key_env and api_key_file, which say where the API key is");
  for (const auto& id : account.workspaces)
    if (id != "all" && (id.empty() || !std::ranges::all_of(id, [](char c) { return c >= '0' && c <= '9'; })))
      section.problem("workspaces", fmt::format("'{}' is not the number of a workspace, nor \"all\"", id));
  if (account.use_business_hours && !account.use_sla_policies)
    section.problem("use_business_hours", "means nothing without use_sla_policies = true");
  constexpr std::int64_t kMinute = 60;
  const auto unit = section.text("sla_targets_in", "seconds");
  if (unit == "minutes") account.sla_target_unit_seconds = kMinute;
  if (unit != "seconds" && unit != "minutes") section.problem("sla_targets_in", "must be seconds or minutes");
  return account;
}

std::vector<std::string> freshservice_entities(const Section& section, const std::vector<std::string>& tables) {
  std::vector<std::string> known;
  for (const auto& [name, table] : built_in().members) known.push_back(name);
  if (!section.has("entities")) return known;
  auto wanted = section.texts("entities");
  for (const auto& name : wanted)
    if (std::ranges::find(known, name) == known.end())
      section.problem("entities", fmt::format("there is no entity '{}' (known: {}){}", name, fmt::join(known, ", "),
                                              did_you_mean(name, known)));
  std::erase_if(wanted, [&](const auto& name) { return std::ranges::find(known, name) == known.end(); });
  for (const auto& name : tables)
    if (std::ranges::find(wanted, name) == wanted.end()) wanted.push_back(name);
  return wanted;
}

void add_freshservice_mapping(const Section& section, EntityMapping& entity) {
  entity.overlap_seconds = section.duration_seconds("overlap").value_or(entity.overlap_seconds);
  const auto is_incremental = [](std::string_view name) {
    return name == "tickets" || name == "ticket_events" || name == "surveys" || name == "time_entries" ||
           name == "changes" || name == "problems";
  };
  entity.path = entity.entity;  // for people
  entity.strategy = is_incremental(entity.entity) ? Strategy::change : Strategy::full;
  Problems none("");
  const Section table = Section(&built_in(), "", none).table(entity.entity);
  for (auto& field : read_fields(table.table("fields"), table)) {
    if (entity.find(field.field) != nullptr) continue;
    if (field.field == "custom_fields" && (!entity.custom_fields.empty() || entity.keeps_unmapped)) continue;
    field.line = entity.line;
    field.implicit = true;
    entity.fields.push_back(std::move(field));
  }
  DH_ASSERT(none.empty(), "the built-in mapping of Freshservice is sound");
  // Their lists are asked for by the number of the ticket.
  const auto* ticket = entity.find("ticket_id");
  if (ticket == nullptr || entity.entity == "ticket_events" || ticket->column == "ticket_id") return;
  if (entity.sweep_seconds && section.has("sweep"))
    section.problem("sweep", "needs ticket_id = \"ticket_id\", by which the lists of tickets are asked for");
  entity.sweep_seconds.reset();
}

void share_status_mapping(SourceConfig& source) {
  const auto find = [&](std::string_view name) -> FieldMapping* {
    const auto entity = std::ranges::find(source.entities, name, &EntityMapping::entity);
    if (entity == source.entities.end()) return nullptr;
    const auto field = std::ranges::find(entity->fields, "status", &FieldMapping::field);
    return field == entity->fields.end() ? nullptr : &*field;
  };
  const auto* tickets = find("tickets");
  auto* events = find("ticket_events");
  if (tickets == nullptr || events == nullptr || tickets->implicit || !events->implicit) return;
  events->values = tickets->values;
  events->otherwise = tickets->otherwise;
}

}  // namespace deskhouse::config
