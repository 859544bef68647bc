#include "sources/registry.h"

#include <gmock/gmock.h>

namespace deskhouse::sources {
namespace {

using testing::HasSubstr;

TEST(Registry, EveryTypeIsMadeByItsName) {
  ASSERT_FALSE(source_types().empty());
  for (const SourceType& type : source_types()) {
    EXPECT_FALSE(type.doc.empty());
    config::SourceConfig source;
    source.type = std::string(type.name);
    EXPECT_TRUE(make_source(source, {}).has_value()) << type.name;
  }
}

TEST(Registry, UnknownTypeNamesTheNearest) {
  config::SourceConfig source;
  source.name = "desk";
  source.type = "file";
  source.line = 3;
  const auto made = make_source(source, {});
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().kind, Error::Kind::config);
  EXPECT_THAT(made.error().message, HasSubstr("deskhouse.toml line 3: source 'desk' has the unknown type 'file'"));
  EXPECT_THAT(made.error().message, HasSubstr("did you mean 'files'?"));
}

}  // namespace
}  // namespace deskhouse::sources
