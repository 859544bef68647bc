#include "app/log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace deskhouse::app {
namespace {

TEST(Log, JsonIsOneLineWhateverTheTextIs) {
  const auto line = log_json("2024-03-05T14:07:09Z", Level::warning, "a\n\x1b[2J \"b\" \xff",
                             {{"source", std::string("x\ny")}, {"records", std::int64_t{3}}, {"seconds", 0.25}});
  for (const char c : line) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20) << line;
  const auto parsed = nlohmann::json::parse(line);
  EXPECT_EQ(parsed["level"], "warning");
  EXPECT_EQ(parsed["source"], "x\ny");
  EXPECT_EQ(parsed["records"], 3);
  EXPECT_EQ(parsed["seconds"], 0.25);
  EXPECT_FALSE(parsed.contains("run_id"));
}

TEST(Log, NamesTheRunThatIsUnderWay) {
  set_log_run(7);
  EXPECT_EQ(nlohmann::json::parse(log_json("t", Level::info, "m", {}))["run_id"], 7);
  EXPECT_EQ(nlohmann::json::parse(log_json("t", Level::info, "m", {{"run_id", std::int64_t{8}}}))["run_id"], 8);
  set_log_run(0);
}

}  // namespace
}  // namespace deskhouse::app
