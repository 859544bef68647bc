#include "server/metric_query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest.h"

namespace deskhouse::server {
namespace {

constexpr std::string_view kOwn[] = {"from",  "to",      "by",
                                     "grain", "compare", "as_of"};  // parameters that are no dimensions

// Year and month of a day as one number that grows by 1 each month.
std::int32_t month_of(Date day) {
  const auto civil = to_civil(day);
  return civil.year * 12 + static_cast<std::int32_t>(civil.month) - 1;
}

Date first_day(std::int32_t month) {
  return from_civil({.year = month / 12, .month = static_cast<unsigned>(month % 12) + 1});
}

Date last_day(std::int32_t month) {
  return Date{first_day(month + 1).days - 1};
}

bool is_by_month(const models::Metric& metric) {
  return metric.time == "month";
}

bool is_sum(const models::Metric& metric) {
  return metric.value.find("nullif") == std::string::npos && metric.value.find("quantile") == std::string::npos;
}

std::string literal(Date day) {
  return fmt::format("date '{}'", to_string(day));
}

Status check_dimension(const models::Metric& metric, const std::string& name) {
  if (std::ranges::find(metric.dimensions, name) != metric.dimensions.end()) return {};
  if (metric.dimensions.empty())
    return fail(Error::Kind::usage,
                fmt::format("the metric {} has no dimensions, and '{}' is none of it", metric.name, name));
  return fail(Error::Kind::usage,
              fmt::format("the metric {} is not broken down by '{}'{}; by: {}", metric.name, name,
                          did_you_mean(name, metric.dimensions), fmt::join(metric.dimensions, ", ")));
}

// With a comma before each.
std::string listed(const std::vector<std::string>& names, std::string_view prefix) {
  std::string out;
  for (const auto& name : names) out += fmt::format(", {}{}", prefix, name);
  return out;
}

}  // namespace

Result<MetricQuery> read_metric_query(const models::Metric& metric, const Arguments& arguments) {
  MetricQuery query{.days = {parse_iso_date(arguments.one("from")), parse_iso_date(arguments.one("to"))},
                    .by = arguments.all("by"),
                    .grain = arguments.one("grain"),
                    .filters = {},
                    .compares = arguments.has("compare")};
  auto& days = query.days;
  if (metric.time.empty() && (days.from || days.to || !query.grain.empty()))
    return fail(Error::Kind::usage, fmt::format("the metric {} is of today: it has no period", metric.name));
  if (query.compares && (!days.from || !days.to)) return fail(Error::Kind::usage, "compare=previous needs from and to");
  if (days.from && days.to && days.to->days < days.from->days)
    return fail(Error::Kind::usage, "the period ends before it begins: `to` is before `from`");
  if (is_by_month(metric)) {
    if (query.grain == "day" || query.grain == "week")
      return fail(Error::Kind::usage,
                  fmt::format("the metric {} is kept by month; grain: month, quarter, year", metric.name));
    if (days.from) days.from = first_day(month_of(*days.from));
    if (days.to) days.to = last_day(month_of(*days.to));
  }
  for (const auto& name : query.by) DH_TRY(check_dimension(metric, name));
  std::ranges::sort(query.by);
  const auto twice = std::ranges::unique(query.by);
  query.by.erase(twice.begin(), twice.end());
  for (const auto& name : arguments.names()) {
    if (std::ranges::find(kOwn, name) != std::end(kOwn)) continue;
    DH_TRY(check_dimension(metric, name));
    query.filters.emplace_back(name, arguments.all(name));
  }
  return query;
}

DayRange before(const models::Metric& metric, const DayRange& days) {
  if (is_by_month(metric)) {
    const auto first = month_of(*days.from), months = month_of(*days.to) - first + 1;
    return {first_day(first - months), last_day(first - 1)};
  }
  const auto length = days.to->days - days.from->days + 1;
  return {Date{days.from->days - length}, Date{days.from->days - 1}};
}

MetricStatement statement_of(const models::Metric& metric, const MetricQuery& query, const DayRange& days) {
  MetricStatement statement;
  std::vector<std::string> conditions;
  if (!metric.where.empty()) conditions.push_back("(" + metric.where + ")");
  if (days.from) conditions.push_back(fmt::format("metric_day >= {}", literal(*days.from)));
  if (days.to) conditions.push_back(fmt::format("metric_day <= {}", literal(*days.to)));
  if (!query.grain.empty() && !days.from && !days.to) conditions.emplace_back("metric_day is not null");
  // Named once: DuckDB 1.5 fails on a try() that stands both among the conditions and among the groups.
  const bool by_time = days.from || days.to || !query.grain.empty();
  const auto from =
      by_time ? fmt::format("(select *, {} as metric_day from {})", metric.time, metric.from) : metric.from;
  for (const auto& [dimension, values] : query.filters) {
    std::vector<std::string> places;
    for (const auto& value : values) {
      statement.parameters.emplace_back(value);
      places.push_back(fmt::format("${}", statement.parameters.size()));
    }
    conditions.push_back(fmt::format("{}::varchar in ({})", dimension, fmt::join(places, ", ")));
  }
  const auto where = conditions.empty() ? "" : fmt::format(" where {}", fmt::join(conditions, " and "));
  const bool is_zero = is_sum(metric) && (!query.filters.empty() || by_time);
  const auto value = is_zero ? fmt::format("coalesce({}, 0)", metric.value) : metric.value;
  const auto dimensions = listed(query.by, "");
  if (query.grain.empty()) {
    statement.sql = query.by.empty() ? fmt::format("select {} as value from {}{}", value, from, where)
                                     : fmt::format("select {0}, {1} as value from {2}{3} group by {0} order by {0}",
                                                   dimensions.substr(2), value, from, where);
    return statement;
  }
  const auto bound = [](const std::optional<Date>& day, const char* of_rows) {
    return day ? literal(*day) : fmt::format("(select {}(period) from found)", of_rows);
  };
  std::string same;
  for (const auto& name : query.by) same += fmt::format(" and f.{0} is not distinct from k.{0}", name);
  statement.sql = fmt::format(
      "with found as (select date_trunc('{grain}', metric_day)::date as period{dims}, {value} as value from "
      "{from}{where} group by all), grid as (select distinct date_trunc('{grain}', day)::date as period from (select "
      "unnest(generate_series({first}, {last}, interval 1 day)) as day)), kinds as (select distinct true as "
      "is_one{dims} from found) select g.period{of_kinds}, {shown} as value from grid g cross join {kinds} left join "
      "found f on f.period = g.period{same} order by all",
      fmt::arg("grain", query.grain), fmt::arg("dims", dimensions), fmt::arg("value", value), fmt::arg("from", from),
      fmt::arg("where", where), fmt::arg("first", bound(days.from, "min")), fmt::arg("last", bound(days.to, "max")),
      fmt::arg("of_kinds", listed(query.by, "k.")), fmt::arg("shown", is_zero ? "coalesce(f.value, 0)" : "f.value"),
      fmt::arg("kinds", query.by.empty() ? "(select true) k" : "kinds k"), fmt::arg("same", same));
  return statement;
}

}  // namespace deskhouse::server
