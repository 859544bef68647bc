#include "models/metrics.h"

#include <gtest/gtest.h>

#include <optional>

#include "unit/config/project.h"

namespace deskhouse::models {
namespace {

constexpr std::string_view kGood = R"toml([csat]
title = { en = "Satisfaction" }
formula = "Satisfied / answers"
value = "sum(satisfied) / nullif(sum(answers), 0)"
from = "answers"
where = "month >= 2"
dimensions = ["month", "category"]
unit = "share"
good = "up"
mart = "mart_customer"
)toml";

std::string with(const std::string& old, const std::string& fresh) {
  std::string out(kGood);
  return out.replace(out.find(old), old.size(), fresh);
}
std::string problem(const std::string& text) {
  const auto metrics = parse_metrics("models/metrics.toml", text);
  return metrics ? "read" : metrics.error().message;
}

TEST(Metrics, AreReadAsWritten) {
  const auto metrics = parse_metrics("models/metrics.toml", kGood);
  ASSERT_TRUE(metrics) << metrics.error().message;
  const auto* metric = find_metric(*metrics, "csat");
  ASSERT_NE(metric, nullptr);
  EXPECT_EQ(metric->title_en, "Satisfaction");
  EXPECT_EQ(metric->title_ko, "Satisfaction");  // no Korean title: the English one
  EXPECT_EQ(metric->dimensions, (std::vector<std::string>{"month", "category"}));
  EXPECT_EQ(metric->time, "");
  EXPECT_EQ(metric->sql(), "select sum(satisfied) / nullif(sum(answers), 0) as value from answers where month >= 2");
  EXPECT_EQ(find_metric(*metrics, "CSAT"), nullptr);
}

TEST(Metrics, AMistakeIsNamedWithItsLine) {
  EXPECT_EQ(problem(with("good = \"up\"", "good = \"more\"")),
            "models/metrics.toml:9: csat.good is 'more'; write up, down or none");
  EXPECT_NE(problem(with("unit =", "units =")).find("models/metrics.toml:8: csat: unknown key 'units'"),
            std::string::npos);
  EXPECT_NE(problem(with("from = \"answers\"\n", "")).find("csat needs 'from'"), std::string::npos);
  EXPECT_NE(
      problem(with("[\"month\", \"category\"]", "\"month\"")).find("csat.dimensions has a value of the wrong type"),
      std::string::npos);
  EXPECT_NE(problem("csat = 1\n").find("csat is not a table"), std::string::npos);
}

TEST(Metrics, BuiltInOnesLoadAndAProjectMayReplaceThem) {
  const config::Project project("");
  const auto built_in = load_metrics(project.folder());
  ASSERT_TRUE(built_in) << built_in.error().message;
  EXPECT_GT(built_in->size(), 40u);
  EXPECT_EQ(built_in->front().name, "created_tickets");  // in the order of the file
  std::filesystem::create_directories(project.folder() / "models");
  std::ofstream(project.folder() / "models" / "metrics.toml") << kGood;
  const auto own = load_metrics(project.folder());
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_EQ(own->size(), 1u);
}

TEST(Metrics, AreMeasured) {
  auto database = warehouse::Database::open({.path = ":memory:"});
  ASSERT_TRUE(database) << database.error().message;
  auto connection = (*database)->connect();
  ASSERT_TRUE(connection);
  ASSERT_TRUE(connection->execute(
      "create table answers as from (values (1, 5, 5), (2, 1, 4), (3, 2, 4)) v(month, satisfied, answers)"));
  const auto metrics = parse_metrics("models/metrics.toml", kGood);
  ASSERT_TRUE(metrics);
  EXPECT_EQ(measure(*connection, metrics->front()).value(), 0.375);
  ASSERT_TRUE(connection->execute("delete from answers"));
  EXPECT_EQ(measure(*connection, metrics->front()).value(), std::nullopt);  // nothing to compute it from
  ASSERT_TRUE(connection->execute("drop table answers"));
  const auto failed = measure(*connection, metrics->front());
  ASSERT_FALSE(failed);
  EXPECT_TRUE(failed.error().message.starts_with("The metric csat (models/metrics.toml) failed: "));
}

}  // namespace
}  // namespace deskhouse::models
