#include "pipeline/configured_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

namespace deskhouse::pipeline {

namespace {

using config::OutlierRule;
using warehouse::sql_name;
using warehouse::sql_text;

constexpr auto kOrigin = "deskhouse.toml";

Check allowed_values(const std::string& entity, const std::map<std::string, std::vector<std::string>>& fields) {
  std::vector<std::string> selects, names;
  for (const auto& [field, values] : fields) {
    std::vector<std::string> texts;
    for (const auto& value : values) texts.push_back(sql_text(value));
    names.push_back(field);
    selects.push_back(fmt::format(
        "select t.id, t.source, '{0}' as field, t.{0}::varchar as value, {2} as expected, '{0} is ' || t.{0}::varchar "
        "|| ', which deskhouse.toml does not allow' as message from {{{{source}}}} t where {{{{changed(t.key)}}}} and "
        "t.{0}::varchar not in ({1})",
        field, fmt::join(texts, ", "), sql_text(fmt::format("{}", fmt::join(values, ", ")))));
  }
  return {.name = entity + "_allowed_values",
          .path = kOrigin,
          .severity = "warn",
          .entity = entity,
          .description =
              fmt::format("{} of {}: one of the values that [quality.allowed] lists.", fmt::join(names, ", "), entity),
          .what_to_do = "Map the value to one of these, or add it to the list.",
          .body = fmt::format("{}", fmt::join(selects, "\nunion all\n"))};
}

// Where the values of a rule are: all of them, and those that changed.
struct Place {
  std::string table, changed, key, id;
};

Place place_of(const OutlierRule& rule) {
  if (rule.is_measure)
    return {"core.fact_tickets_stored", "{{rows core.fact_tickets_stored.ticket_key of key}}", "ticket_key",
            "ticket_id"};
  return {"operational." + rule.entity, "{{source}}", "key", "id"};
}

bool has_deletes(const OutlierRule& rule) {
  return rule.entity != "ticket_events";
}

// Mean and population sigma, or median and a median deviation that is as large as sigma where values are normal. Where
// more than half of the values are the same, the median deviation is 0 and the mean one stands in for it. A column that
// is the same everywhere has no spread: nothing is an outlier.
std::string stats(const OutlierRule& rule, const Place& place, const std::vector<std::string>& groups) {
  const auto columns = groups.empty() ? std::string() : fmt::format("{}, ", fmt::join(groups, ", "));
  const auto by = groups.empty() ? std::string() : fmt::format(" group by {}", fmt::join(groups, ", "));
  const auto values =
      fmt::format("select {}{}::double as x from {} where {} is not null{}", columns, sql_name(rule.column),
                  place.table, sql_name(rule.column), has_deletes(rule) ? " and not is_deleted" : "");
  if (rule.method == OutlierRule::Method::sigma)
    return fmt::format("select {}avg(x) as middle, stddev_pop(x) as spread from ({}){} having count(*) >= {}", columns,
                       values, by, rule.min_sample);
  std::string same = "true";
  for (const auto& group : groups) same += fmt::format(" and v.{0} is not distinct from m.{0}", group);
  std::string of_v;
  for (const auto& group : groups) of_v += fmt::format("v.{}, ", group);
  return fmt::format(
      "select {0}middle, case when mad > 0 then 1.4826022185056018 * mad else 1.2533141373155001 * mean_deviation end "
      "as spread from (select {1}any_value(m.middle) as middle, median(abs(v.x - m.middle)) as mad, avg(abs(v.x - "
      "m.middle)) as mean_deviation from ({2}) v join (select {0}median(x) as middle from ({2}){3} having count(*) >= "
      "{4}) m on {5}{6})",
      columns, of_v, values, by, rule.min_sample, same,
      groups.empty() ? std::string() : " group by " + of_v.substr(0, of_v.size() - 2));
}

Check outliers(const OutlierRule& rule) {
  const auto place = place_of(rule);
  std::vector<std::string> groups;
  for (const auto& group : rule.group_by) groups.push_back(sql_name(group));
  std::string same = "true", which;
  for (const auto& group : groups) {
    same += fmt::format(" and t.{0} is not distinct from s.{0}", group);
    which += fmt::format(" || ', {} ' || coalesce(t.{}::varchar, 'none')", group.substr(1, group.size() - 2), group);
  }
  const bool is_sigma = rule.method == OutlierRule::Method::sigma;
  const auto name = fmt::format("outliers_{}_{}{}{}", rule.entity, rule.column, rule.group_by.empty() ? "" : "_by_",
                                fmt::join(rule.group_by, "_"));
  const auto limit = to_string(rule.threshold);
  // The tolerance: a value at the limit, to the precision of a double, is not beyond it.
  return {
      .name = is_sigma ? name : name + "_mad",
      .path = kOrigin,
      .severity = "warn",
      .entity = rule.entity,
      .description = fmt::format("{} of {} lies within {} {} of its group{}{}.", rule.column, rule.entity, limit,
                                 is_sigma ? "sigmas of the mean" : "scaled median deviations of the median",
                                 rule.group_by.empty() ? "" : ", by ", fmt::join(rule.group_by, ", ")),
      .what_to_do =
          "Look at the record at its source: a unit or a digit may be wrong. If such values are usual, raise "
          "threshold, or group by what they depend on.",
      .body = fmt::format(
          "with s as ({0}) select t.{1} as id, t.source, '{2}' as field, t.{3}::varchar as value, format('{{:.4g}} to "
          "{{:.4g}}', s.middle - {4} * s.spread, s.middle + {4} * s.spread) as expected, '{2} is far from what is "
          "usual'{5} as message from {6} t join s on {7} where {{{{changed(t.{8})}}}} and s.spread > 0 and "
          "abs(t.{3}::double - s.middle) > {4} * s.spread * (1 + 1e-9){9}",
          stats(rule, place, groups), place.id, rule.column, sql_name(rule.column), limit, which, place.changed, same,
          place.key, has_deletes(rule) ? " and not t.is_deleted" : "")};
}

}  // namespace

std::vector<Check> configured_checks(const config::QualityRules& rules) {
  std::map<std::string, std::map<std::string, std::vector<std::string>>> allowed;
  for (const auto& [field, values] : rules.allowed) allowed[field.first][field.second] = values;
  std::vector<Check> checks;
  for (const auto& [entity, fields] : allowed) checks.push_back(allowed_values(entity, fields));
  for (const auto& rule : rules.outliers) checks.push_back(outliers(rule));
  return checks;
}

}  // namespace deskhouse::pipeline
