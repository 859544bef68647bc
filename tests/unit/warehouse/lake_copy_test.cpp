#include "warehouse/lake_copy.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "config/location.h"
#include "unit/config/project.h"

namespace deskhouse::warehouse {
namespace {

using namespace std::chrono_literals;

// Table by table, a copy made while a view is replaced would lack the old one and the new one.
TEST(LakeCopy, IsOfOneCommitWhileSomebodyCommits) {
  const config::Project project("");
  const auto& folder = project.folder();
  const config::Location location{.name = "lake",
                                  .beside = folder / "desk",
                                  .lake = config::Lake{.catalogue = config::Lake::Catalogue::sqlite,
                                                       .at = (folder / "catalogue.sqlite").string(),
                                                       .data = (folder / "data/").string()}};
  auto database = Database::open({.path = location.beside.string(), .lake = &location});
  ASSERT_TRUE(database) << database.error().message;
  auto writer = (*database)->connect();
  ASSERT_TRUE(writer) << writer.error().message;
  ASSERT_TRUE(writer->execute("create view v as select 0 as number"));
  std::jthread committing([&](const std::stop_token& stop) {
    for (int i = 1; !stop.stop_requested(); ++i) {
      const auto done = writer->execute("create or replace view v as select " + std::to_string(i) + " as number");
      EXPECT_TRUE(done) << done.error().message;
      std::this_thread::sleep_for(20ms);
    }
  });
  for (int i = 0; i < 40; ++i) {
    const auto copy = (*database)->copy_catalogue(nullptr);
    ASSERT_TRUE(copy) << copy.error().message;
    auto reader = (*database)->connect_to(*copy);
    ASSERT_TRUE(reader) << reader.error().message;
    const auto number = reader->scalar("select number from v");
    ASSERT_TRUE(number) << number.error().message;
  }
}

}  // namespace
}  // namespace deskhouse::warehouse
