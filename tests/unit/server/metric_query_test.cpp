#include "server/metric_query.h"

#include <gtest/gtest.h>

namespace deskhouse::server {
namespace {

models::Metric metric(std::string time, std::string value = "sum(created)") {
  models::Metric m;
  m.name = "created";
  m.value = std::move(value);
  m.from = "mart.flow";
  m.time = std::move(time);
  m.dimensions = {"priority", "category"};
  return m;
}

Result<MetricQuery> read(const models::Metric& m, std::string_view query) {
  Request request;
  EXPECT_TRUE(parse_target("/?" + std::string(query), request));
  using Kind = ParameterSpec::Kind;
  const std::vector<ParameterSpec> specs = {{"from", "", Kind::day},
                                            {"to", "", Kind::day},
                                            {"by", "", Kind::text, true},
                                            {"grain", "", Kind::text, false},
                                            {"compare", ""}};
  const auto arguments = Arguments::read(specs, {"priority", "category", "agent"}, request);
  if (!arguments) return std::unexpected(arguments.error());
  return read_metric_query(m, *arguments);
}

std::string days(const DayRange& range) {
  return to_string(*range.from) + ".." + to_string(*range.to);
}

TEST(MetricQuery, TellsWhatAMetricCannotDo) {
  for (const auto* wrong : {"by=agent", "agent=x", "from=2026-02-01&to=2026-01-01", "compare=previous"})
    EXPECT_FALSE(read(metric("day"), wrong)) << wrong;
  EXPECT_FALSE(read(metric(""), "from=2026-01-01")) << "it is of today";
  EXPECT_FALSE(read(metric(""), "grain=month"));
  EXPECT_FALSE(read(metric("month"), "grain=week")) << "months are not made of weeks";
  EXPECT_TRUE(read(metric("month"), "grain=quarter"));
}

TEST(MetricQuery, MonthsStayWhole) {
  const auto query = read(metric("month"), "from=2026-01-15&to=2026-02-03");
  ASSERT_TRUE(query);
  EXPECT_EQ(days(query->days), "2026-01-01..2026-02-28");
  EXPECT_EQ(days(before(metric("month"), query->days)), "2025-11-01..2025-12-31");
  EXPECT_EQ(days(before(metric("day"), read(metric("day"), "from=2026-03-01&to=2026-03-31")->days)),
            "2026-01-29..2026-02-28");
}

TEST(MetricQuery, WhatWasAskedForIsAParameter) {
  const auto query = read(metric("day"), "priority=High&priority='%3B%20drop&by=category&by=category");
  ASSERT_TRUE(query);
  const auto statement = statement_of(metric("day"), *query, query->days);
  EXPECT_EQ(statement.sql,
            "select category, coalesce(sum(created), 0) as value from mart.flow where priority::varchar in ($1, $2) "
            "group by category order by category");
  EXPECT_EQ(statement.parameters.size(), 2u);
}

TEST(MetricQuery, NothingIsZeroOfASumAndUnknownOfAMean) {
  const auto sql = [](const char* value) {
    const auto m = metric("day", value);
    return statement_of(m, *read(m, "grain=day&from=2026-01-01&to=2026-01-02"), {}).sql;
  };
  EXPECT_NE(sql("sum(created)").find("coalesce(f.value, 0)"), std::string::npos);
  EXPECT_EQ(sql("sum(a) / nullif(sum(b), 0)").find("coalesce"), std::string::npos);
  EXPECT_EQ(sql("quantile_cont(a, 0.5)").find("coalesce"), std::string::npos);
}

}  // namespace
}  // namespace deskhouse::server
