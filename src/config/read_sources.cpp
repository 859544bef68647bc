#include "config/read_sources.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/nearest.h"
#include "config/read_fields.h"
#include "config/read_freshservice.h"
#include "config/read_word.h"
#include "config/scalars.h"
#include "schema/catalog.h"

namespace deskhouse::config {
namespace {

constexpr std::string_view kTypeKey = "type";
constexpr std::string_view kFiles = "files";
constexpr std::string_view kPostgresql = "postgresql";
constexpr std::string_view kMysql = "mysql";
constexpr std::string_view kFreshservice = "freshservice";
constexpr std::string_view kTypes[] = {kFiles, kPostgresql, kMysql, kFreshservice};

constexpr std::string_view kEveryKey = "every";

// The literal keys of a source, beside its type, its interval and its entities.
constexpr std::string_view kServerKeys[] = {"host",          "port",    "dbname",      "user",    "password_env",
                                            "password_file", "sslmode", "sslrootcert", "service", "dsn"};
// Keys of an entity that mean something to one kind of source only.
constexpr std::string_view kFileEntityKeys[] = {"path", "format", "encoding", "delimiter", "quote"};
constexpr std::string_view kPostgresqlKeys[] = {"dsn"};
constexpr std::string_view kServerEntityKeys[] = {"table", "query", "strategy", "overlap", "horizon"};

void refuse(const Section& section, std::span<const std::string_view> keys, std::string_view type) {
  for (const auto key : keys)
    if (section.has(key)) section.problem(key, fmt::format("means nothing for a source of type {}", type));
}

bool is_one_of(std::string_view key, std::span<const std::string_view> keys) {
  return std::ranges::find(keys, key) != keys.end();
}

bool is_server(std::string_view type) {
  return type == kPostgresql || type == kMysql;
}

// Keys of a source's own table that belong to other types than its own.
void refuse_keys_of_others(const Section& table, std::string_view type) {
  const std::span<const std::string_view> own = is_server(type)         ? std::span(kServerKeys)
                                                : type == kFreshservice ? freshservice_keys()
                                                                        : std::span<const std::string_view>();
  for (const auto& keys : {std::span<const std::string_view>(kServerKeys), freshservice_keys()})
    for (const auto& key : keys)
      if (!is_one_of(key, own)) refuse(table, {&key, 1}, type);
}

Format read_format(const Section& section) {
  return read_word<Format>(
      section, "format",
      {{"automatic", Format::automatic}, {"csv", Format::csv}, {"jsonl", Format::jsonl}, {"parquet", Format::parquet}});
}

char read_delimiter(const Section& section, const std::string& path) {
  const bool tabs = path.ends_with(".tsv") || path.ends_with(".tsv.gz");
  const auto text = section.text("delimiter", tabs ? "\t" : ",");
  if (text.size() != 1) section.problem("delimiter", "must be one ASCII character");
  return text.empty() ? ',' : text[0];
}

char read_quote(const Section& section) {
  const auto text = section.text("quote", "\"");
  if (text.size() > 1) section.problem("quote", "must be one ASCII character, or empty for no quoting");
  return text.empty() ? '\0' : text[0];
}

// Without a fields table every canonical field is the column of the same name. What the schema can do without
// may be absent from the data; custom_fields are then a column too, unless they are listed.
std::vector<FieldMapping> same_names(const schema::TableInfo& table, const EntityMapping& entity,
                                     std::vector<FieldMapping> explicit_fields) {
  auto fields = std::move(explicit_fields);
  for (const auto& column : table.columns) {
    const auto named = [&](const FieldMapping& f) { return f.field == column.name; };
    if (std::any_of(fields.begin(), fields.end(), named)) continue;
    if (column.type == schema::Type::json && (!entity.custom_fields.empty() || entity.keeps_unmapped)) continue;
    const bool derived = column.name == "id" && table.name == schema::kTicketEvents.name;
    const bool needed = column.traits.required && column.traits.fallback.empty() && !derived;
    fields.push_back({.field = std::string(column.name),
                      .column = std::string(column.name),
                      .optional = !needed,
                      .implicit = true,
                      .line = entity.line});
  }
  return fields;
}

// What an entity of a server says, once its fields are known.
void read_extract(const Section& section, EntityMapping& entity) {
  entity.table = section.text("table", "");
  entity.query = section.text("query", "");
  if (entity.table.empty() == entity.query.empty())
    section.problem(entity.table.empty() ? "table" : "query", "name one of table and query");
  entity.overlap_seconds = section.duration_seconds("overlap").value_or(entity.overlap_seconds);
  entity.horizon = read_word<Horizon>(
      section, "horizon", {{"automatic", Horizon::automatic}, {"scan", Horizon::scan}, {"window", Horizon::window}});
  entity.strategy = read_word<Strategy>(section, "strategy",
                                        {{"automatic", Strategy::automatic},
                                         {"change", Strategy::change},
                                         {"modified_or_created", Strategy::modified_or_created},
                                         {"full", Strategy::full}});
  const auto from_column = [&](std::string_view field) {
    const auto* mapping = entity.find(field);
    return mapping != nullptr && mapping->column.has_value();
  };
  if (entity.strategy == Strategy::automatic)
    entity.strategy = from_column(change_field(entity)) ? Strategy::change : Strategy::full;
  if (entity.strategy == Strategy::full) return;
  for (const auto field : {change_field(entity), std::string_view("created_at")}) {
    if (field == "created_at" && entity.strategy == Strategy::change) continue;
    if (!from_column(field)) section.problem("strategy", fmt::format("needs {} to be mapped to a column", field));
  }
}

// What hangs on the tickets of a Freshservice is in no list of its own.
bool has_no_list(std::string_view type, std::string_view entity) {
  constexpr std::string_view kEntities[] = {"ticket_events", "surveys", "time_entries"};
  return type == kFreshservice && is_one_of(entity, kEntities);
}
// Freshservice lists the deleted tickets itself (deleted_every), unless they were purged before anybody looked.
bool tells_deletes_itself(std::string_view type, std::string_view entity) {
  return type == kFreshservice && entity == "tickets";
}

// How deletes are found. A file says nothing of what it does not hold, unless deskhouse.toml says that it holds all.
void read_sweep(const Section& section, std::string_view type, EntityMapping& entity) {
  constexpr std::int64_t kDaily = 86'400, kMonthly = 30 * kDaily;
  constexpr std::string_view kNever = "never";
  const bool has_deletes = schema::find_entity(entity.entity)->find("is_deleted") != schema::TableInfo::npos;
  if (type != kFiles && has_deletes && !tells_deletes_itself(type, entity.entity))
    entity.sweep_seconds = has_no_list(type, entity.entity) ? kMonthly : kDaily;
  entity.sweep_limit_percent = section.integer("sweep_limit", entity.sweep_limit_percent, 0, 100);
  if (!section.has("sweep")) return;
  const auto text = section.text("sweep", kNever);
  entity.sweep_seconds = parse_duration_seconds(text);
  if (!entity.sweep_seconds && text != kNever)
    section.problem("sweep", fmt::format("'{}' is neither a duration such as \"12h\" or \"1d\" nor \"never\"", text));
  if (entity.sweep_seconds && !has_deletes)
    section.problem("sweep", fmt::format("{} are never deleted, only added", entity.entity));
}

// What may come. "*" among the custom fields stands for all columns that nothing else names.
void read_contract(const Section& section, EntityMapping& entity) {
  entity.custom_fields = section.texts("custom_fields");
  entity.keeps_unmapped = std::erase(entity.custom_fields, "*") > 0;
  entity.contract = read_contract_word(section).value_or(Contract::evolve);
  if (entity.keeps_unmapped && entity.contract != Contract::evolve && entity.contract != Contract::freeze)
    section.problem("custom_fields", fmt::format("\"*\" takes whatever comes; with contract = \"{}\" list the columns",
                                                 to_string(entity.contract)));
}

EntityMapping read_entity(const Section& section, const SourceConfig& source, const std::string& name,
                          const std::filesystem::path& project) {
  const bool is_file = source.type == kFiles, is_freshservice = source.type == kFreshservice;
  constexpr std::int64_t kLargestRecord = std::int64_t{1} << 30;
  EntityMapping entity{.source = source.name,
                       .entity = name,
                       .path = section.text("path", ""),
                       .format = read_format(section),
                       .encoding = section.text("encoding", "utf-8"),
                       .delimiter = read_delimiter(section, section.text("path", "")),
                       .quote = read_quote(section),
                       .max_record_bytes = section.integer("max_record_bytes", 16 << 20, 1, kLargestRecord),
                       .null_words = section.texts("null_words"),
                       .date_formats = section.texts("date_formats"),
                       .override_zone = section.boolean("override_zone", false),
                       .row_conditions = section.texts("row_conditions"),
                       .row_conditions_line = section.line_of("row_conditions"),
                       .project = project,
                       .line = section.line()};
  if (entity.line == 0) entity.line = source.line;  // built in, without a table of its own
  if (auto zone = section.zone("time_zone")) entity.time_zone = std::move(*zone);
  read_contract(section, entity);
  read_sweep(section, source.type, entity);
  if (source.type != kFiles) refuse(section, kFileEntityKeys, source.type);
  if (is_file || is_freshservice)
    for (const auto& key : kServerEntityKeys)
      if (!is_freshservice || key != "overlap") refuse(section, {&key, 1}, source.type);
  if (is_file && entity.path.empty()) section.problem("path", "required: the file, folder or glob to read");
  if (entity.encoding.empty()) section.problem("encoding", "must not be empty");
  const auto* table = schema::find_entity(name);
  if (section.has("custom_fields") && table->find("custom_fields") == schema::TableInfo::npos)
    section.problem("custom_fields", fmt::format("{} have none; only tickets do", name));
  if (section.has("history") && table->name != schema::kTickets.name)
    section.problem("history", fmt::format("{} have none; only tickets do", name));
  entity.versions_are_history = read_word<bool>(section, "history", {{"versions", true}, {"events", false}});
  if (section.has("version") && table->find("version") == schema::TableInfo::npos)
    section.problem("version", fmt::format("{} have none; only tickets and ticket_events do", name));
  entity.fields = read_fields(section.table("fields"), section);
  if (is_freshservice)
    add_freshservice_mapping(section, entity);
  else if (!section.has("fields"))
    entity.fields = same_names(*table, entity, std::move(entity.fields));
  if (is_server(source.type)) read_extract(section, entity);
  return entity;
}

Server read_server(const Section& section, std::string_view type, const std::filesystem::path& project) {
  constexpr std::int64_t kLastPort = 65'535;
  Server server{.dsn = section.text("dsn", ""),
                .service = section.text("service", ""),
                .host = section.text("host", ""),
                .dbname = section.text("dbname", ""),
                .user = section.text("user", ""),
                .sslmode = section.text("sslmode", ""),
                .sslrootcert = section.text("sslrootcert", ""),
                .port = section.integer("port", 0, 1, kLastPort),
                .password_env = section.text("password_env", ""),
                .password_file = section.text("password_file", ""),
                .project = project};
  if (!server.password_env.empty() && !server.password_file.empty())
    section.problem("password_file", "name one of password_env and password_file");
  if (type != kMysql) return server;  // libpq knows what it accepts
  refuse(section, kPostgresqlKeys, type);
  constexpr bool kNeedsCertificates = true;
  const bool needs = read_word<bool>(section, "sslmode",
                                     {{"prefer", false},
                                      {"disable", false},
                                      {"require", false},
                                      {"verify-ca", kNeedsCertificates},
                                      {"verify-full", false}});  // it has those of the system
  if (needs && server.sslrootcert.empty()) section.problem("sslmode", "verify-ca needs sslrootcert");
  return server;
}

}  // namespace

EntityMapping canonical_mapping(const std::string& source, const std::string& entity) {
  EntityMapping mapping{.source = source, .entity = entity};
  mapping.fields = same_names(*schema::find_entity(entity), mapping, {});
  return mapping;
}

std::vector<SourceConfig> read_sources(const Section& section, const std::filesystem::path& project) {
  std::vector<SourceConfig> sources;
  for (const auto& name : section.names()) {
    const auto table = section.table(name);
    SourceConfig source{.name = name, .type = table.text(kTypeKey, kFiles), .line = table.line()};
    if (std::ranges::find(kTypes, source.type) == std::end(kTypes)) {
      const std::vector<std::string> known(std::begin(kTypes), std::end(kTypes));
      table.problem(kTypeKey, fmt::format("'{}' is not a kind of source; known: {}{}", source.type,
                                          fmt::join(known, ", "), did_you_mean(source.type, known)));
      continue;  // what else it says may be right for the kind that was meant
    }
    source.every_seconds = table.duration_seconds(kEveryKey).value_or(source.every_seconds);
    refuse_keys_of_others(table, source.type);
    if (is_server(source.type)) source.server = read_server(table, source.type, project);
    auto entities = table.names();
    std::erase_if(entities, [](const auto& key) {
      return key == kTypeKey || key == kEveryKey || is_one_of(key, kServerKeys) || is_one_of(key, freshservice_keys());
    });
    if (source.type == kFreshservice) {
      source.freshservice = read_freshservice(table, project);
      entities = freshservice_entities(table, entities);
    }
    for (const auto& entity : entities)
      source.entities.push_back(read_entity(table.table(entity), source, entity, project));
    if (source.type == kFreshservice) share_status_mapping(source);
    if (source.entities.empty())
      table.problem(kTypeKey, fmt::format("the source has no entity; add [{}.tickets]", table.path()));
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace deskhouse::config
