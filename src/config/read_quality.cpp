#include "config/read_quality.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest.h"
#include "config/scalars.h"
#include "schema/catalog.h"

namespace deskhouse::config {
namespace {

constexpr std::string_view kNever = "never";
constexpr std::int64_t kMost = 1'000'000'000;
constexpr std::string_view kSeverities[] = {"warn", "quarantine", "fail"};
// Numbers that the core works out for each ticket, and what core.fact_tickets has to group them by.
const std::vector<std::string> kMeasures = {"first_response_minutes", "resolution_hours", "business_resolution_hours"};
const std::vector<std::string> kMeasureGroups = {"source", "status",  "priority", "category",     "sub_category",
                                                 "type",   "channel", "group_id", "department_id"};

Decimal percent(const Section& section, std::string_view key, Decimal fallback) {
  if (!section.has(key)) return fallback;
  const auto value = section.amount(key);
  if (value.units < 0) section.problem(key, "a share in percent is not negative");
  return value;
}

bool is_number(schema::Type type) {
  return type == schema::Type::integer || type == schema::Type::decimal;
}

std::vector<std::string> columns_of(const schema::TableInfo& entity, bool numbers_only) {
  std::vector<std::string> names;
  for (const auto& column : entity.columns)
    if (!numbers_only || is_number(column.type)) names.emplace_back(column.name);
  return names;
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

void check_columns(const Section& section, const schema::TableInfo& entity, OutlierRule& rule) {
  const bool is_ticket = entity.name == schema::kTickets.name;
  auto numbers = columns_of(entity, true);
  rule.is_measure = is_ticket && holds(kMeasures, rule.column);
  if (is_ticket) numbers.insert(numbers.end(), kMeasures.begin(), kMeasures.end());
  if (!holds(numbers, rule.column))
    section.problem("column", fmt::format("'{}' is no number of {}{}; there are {}", rule.column, entity.name,
                                          did_you_mean(rule.column, numbers), fmt::join(numbers, ", ")));
  auto groups = rule.is_measure ? kMeasureGroups : columns_of(entity, false);
  if (!rule.is_measure) groups.emplace_back("source");
  for (const auto& group : rule.group_by)
    if (!holds(groups, group))
      section.problem("group_by", fmt::format("'{}' is no column to group {} by{}", group, rule.column,
                                              did_you_mean(group, groups)));
}

OutlierRule read_outliers(const Section& section) {
  OutlierRule rule{.entity = section.text("entity", ""),
                   .column = section.text("column", ""),
                   .group_by = section.texts("group_by"),
                   .min_sample = section.integer("min_sample", 30, 2, kMost),
                   .line = section.line()};
  const auto method = section.text("method", "sigma");
  if (method != "sigma" && method != "mad")
    section.problem("method", fmt::format("'{}' is neither \"sigma\" nor \"mad\"", method));
  rule.method = method == "mad" ? OutlierRule::Method::mad : OutlierRule::Method::sigma;
  if (section.has("threshold")) rule.threshold = section.amount("threshold");
  if (rule.threshold.units <= 0) section.problem("threshold", "must be more than 0");
  const auto* entity = schema::find_entity(rule.entity);
  if (entity == nullptr)
    section.problem("entity", rule.entity.empty() ? "required: whose column it is"
                                                  : fmt::format("there is no entity '{}'", rule.entity));
  else
    check_columns(section, *entity, rule);
  return rule;
}

}  // namespace

QualityRules read_quality(const Section& section) {
  QualityRules rules;
  rules.missing_percent = percent(section, "missing_percent", rules.missing_percent);
  rules.min_sample = section.integer("min_sample", rules.min_sample, 1, kMost);
  rules.volume_percent = percent(section, "volume_percent", rules.volume_percent);
  rules.volume_weeks = section.integer("volume_weeks", rules.volume_weeks, 1, 520);
  if (section.has("max_age")) {
    const auto text = section.text("max_age", kNever);
    rules.max_age_seconds = parse_duration_seconds(text);
    if (!rules.max_age_seconds && text != kNever)
      section.problem("max_age", fmt::format("'{}' is neither a duration such as \"30m\" nor \"never\"", text));
  }
  const auto severity = section.table("severity");
  for (const auto& check : severity.names()) {
    const auto word = severity.text(check, "");
    if (std::ranges::find(kSeverities, word) == std::end(kSeverities))
      severity.problem(check, fmt::format("'{}' is neither \"warn\" nor \"quarantine\" nor \"fail\"", word));
    rules.severity[check] = word;
  }
  const auto missing = section.table("missing");
  for (const auto& entity : missing.names()) {
    const auto fields = missing.table(entity);
    for (const auto& field : fields.names()) {
      const auto* info = schema::find_entity(entity);
      if (!info->columns[info->find(field)].traits.required)
        fields.problem(field, "is not required of a record, so it may be empty");
      rules.missing_percent_of[{entity, field}] = percent(fields, field, {});
    }
  }
  const auto allowed = section.table("allowed");
  for (const auto& entity : allowed.names()) {
    const auto fields = allowed.table(entity);
    for (const auto& field : fields.names()) {
      rules.allowed[{entity, field}] = fields.texts(field);
      if (rules.allowed[{entity, field}].empty()) fields.problem(field, "allows no value at all");
    }
  }
  for (const auto& table : section.tables("outliers")) rules.outliers.push_back(read_outliers(table));
  return rules;
}

}  // namespace deskhouse::config
