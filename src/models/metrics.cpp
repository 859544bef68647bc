#include "models/metrics.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.h"
#include "config/document.h"
#include "models/model.h"

namespace deskhouse::models {

namespace {

constexpr std::string_view kPath = "models/metrics.toml";

const std::vector<std::string>& keys() {
  static const std::vector<std::string> kKeys = {"title",      "formula", "value",   "from", "where", "time",
                                                 "dimensions", "unit",    "filters", "good", "mart"};
  return kKeys;
}

Error bad(std::string_view path, int line, std::string_view what) {
  return {Error::Kind::config, fmt::format("{}:{}: {}", path, line, what)};
}

std::string text_of(const config::Value& metric, std::string_view key) {
  const auto* value = metric.find(key);
  return value ? value->text : std::string();
}

Status check_keys(std::string_view path, const std::string& name, const config::Value& table) {
  if (table.kind != config::Kind::table)
    return std::unexpected(bad(path, table.line, fmt::format("{} is not a table [{}]", name, name)));
  for (const auto& [key, value] : table.members) {
    if (std::ranges::find(keys(), key) == keys().end())
      return std::unexpected(
          bad(path, value.line, fmt::format("{}: unknown key '{}'{}", name, key, did_you_mean(key, keys()))));
    const auto wanted = key == "title"        ? config::Kind::table
                        : key == "dimensions" ? config::Kind::list
                                              : config::Kind::text;
    if (value.kind != wanted)
      return std::unexpected(bad(path, value.line, fmt::format("{}.{} has a value of the wrong type", name, key)));
  }
  for (const auto* key : {"value", "from", "formula", "unit", "good", "mart"})
    if (text_of(table, key).empty())
      return std::unexpected(bad(path, table.line, fmt::format("{} needs '{}'", name, key)));
  const auto good = text_of(table, "good");
  if (good != "up" && good != "down" && good != "none")
    return std::unexpected(
        bad(path, table.find("good")->line, fmt::format("{}.good is '{}'; write up, down or none", name, good)));
  return {};
}

Metric read(const std::string& name, const config::Value& table) {
  Metric metric{.name = name,
                .title_en = name,
                .title_ko = name,
                .formula = text_of(table, "formula"),
                .filters = text_of(table, "filters"),
                .value = text_of(table, "value"),
                .from = text_of(table, "from"),
                .where = text_of(table, "where"),
                .time = text_of(table, "time"),
                .dimensions = {},
                .unit = text_of(table, "unit"),
                .good = text_of(table, "good"),
                .mart = text_of(table, "mart")};
  if (const auto* title = table.find("title")) {
    if (const auto text = text_of(*title, "en"); !text.empty()) metric.title_en = metric.title_ko = text;
    if (const auto text = text_of(*title, "ko"); !text.empty()) metric.title_ko = text;
  }
  if (const auto* dimensions = table.find("dimensions"))
    for (const auto& dimension : dimensions->items) metric.dimensions.push_back(dimension.text);
  return metric;
}

}  // namespace

std::string Metric::sql() const {
  return fmt::format("select {} as value from {}{}{}", value, from, where.empty() ? "" : " where ", where);
}

Result<std::vector<Metric>> parse_metrics(std::string_view path, std::string_view text) {
  DH_ASSIGN(const auto document, config::parse_document(text, path));
  std::vector<Metric> metrics;
  for (const auto& [name, table] : document.members) {
    DH_TRY(check_keys(path, name, table));
    metrics.push_back(read(name, table));
  }
  return metrics;
}

Result<std::vector<Metric>> load_metrics(const std::filesystem::path& project) {
  DH_ASSIGN(const auto files, load_files("models", ".toml", project));
  const auto it = files.find(std::string(kPath));
  DH_ASSERT(it != files.end(), "models/metrics.toml is embedded in the binary");
  return parse_metrics(kPath, it->second);
}

const Metric* find_metric(const std::vector<Metric>& metrics, std::string_view name) {
  const auto it = std::ranges::find(metrics, name, &Metric::name);
  return it == metrics.end() ? nullptr : &*it;
}

Result<std::optional<double>> measure(warehouse::Connection& connection, const Metric& metric) {
  auto rows = connection.query(fmt::format("select value::double from ({})", metric.sql()));
  if (!rows)
    return fail(rows.error().kind,
                fmt::format("The metric {} ({}) failed: {}", metric.name, kPath, rows.error().message));
  if (rows->row_count() == 0 || rows->is_null(0, 0)) return std::nullopt;
  return rows->real(0, 0);
}

}  // namespace deskhouse::models
