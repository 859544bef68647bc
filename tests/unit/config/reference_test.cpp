#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "config/keys.h"
#include "unit/config/project.h"

namespace deskhouse::config {
namespace {

TEST(Example, LoadsAsItIsWritten) {
  const auto config = load_text(example_toml());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(config->sources.empty());
}

TEST(Example, LoadsWithAllItsExamplesTakenIntoUse) {
  std::istringstream lines(example_toml());
  std::string all;
  for (std::string line; std::getline(lines, line);) {
    const bool example = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    all += (example ? line.substr(1) : line) + "\n";
  }
  const auto config = load_text(all);
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->sources.size(), 1u);
  EXPECT_EQ(config->sources[0].entities.size(), 2u);
  EXPECT_EQ(config->initiatives.size(), 1u);
  EXPECT_EQ(config->calendars.count("office"), 1u);
}

TEST(Example, FreshserviceLoadsAsItIsAndShowsWhatIsBuiltIn) {
  const auto config = load_text(freshservice_example_toml());
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->sources.size(), 1u);
  EXPECT_EQ(config->sources[0].freshservice.url, "https://acme.freshservice.com");
  std::istringstream lines(freshservice_example_toml());
  std::string all;
  for (std::string line; std::getline(lines, line);) {
    const bool example = line.size() > 1 && line[0] == '#' && line[1] != ' ' && !line.starts_with("#entities");
    all += (example ? line.substr(1) : line) + "\n";
  }
  const auto shown = load_text(all);
  ASSERT_TRUE(shown) << shown.error().message;
  ASSERT_EQ(shown->sources[0].entities.size(), config->sources[0].entities.size());
  for (std::size_t i = 0; i < shown->sources[0].entities.size(); ++i) {
    const auto& written = shown->sources[0].entities[i];
    const auto& built_in = config->sources[0].entities[i];
    EXPECT_EQ(written.entity, built_in.entity);
    ASSERT_EQ(written.fields.size(), built_in.fields.size()) << written.entity;
    for (const auto& field : built_in.fields) {
      const auto* same = written.find(field.field);
      ASSERT_NE(same, nullptr) << field.field;
      EXPECT_EQ(same->column, field.column);
      EXPECT_EQ(same->values, field.values);
      EXPECT_TRUE(field.implicit && !same->implicit);
    }
  }
}

TEST(Reference, NamesEveryKeyWithItsMeaning) {
  const auto page = reference_page();
  EXPECT_GT(keys().size(), 50u);
  for (const auto& key : keys()) {
    EXPECT_FALSE(key.doc.empty()) << key.path;
    EXPECT_FALSE(key.fallback.empty()) << key.path;
    EXPECT_NE(page.find("| " + std::string(key.doc.substr(0, 10))), std::string::npos) << key.path;
  }
  EXPECT_NE(page.find("\n## [[sla.policies]]\n"), std::string::npos);
  EXPECT_NE(page.find("\n## [sources.NAME.ENTITY.fields.FIELD]\n"), std::string::npos);
}

TEST(Reference, DocumentedPageIsUpToDate) {
  std::ifstream file(std::string(DESKHOUSE_REPO) + "/docs/config.md");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(text.str() == reference_page()) << "docs/config.md is old: write it anew with `deskhouse docs`";
}

}  // namespace
}  // namespace deskhouse::config
