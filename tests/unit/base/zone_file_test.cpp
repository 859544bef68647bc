#include "base/zone_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace deskhouse {
namespace {

// Builds zone files, so that the test does not depend on how the system compiled its own.
std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

struct Block {
  std::vector<std::pair<std::int64_t, int>> changes;  // at, type
  std::vector<std::int32_t> offsets_s = {3600};
  int leap_seconds = 0;
};

std::string header(char version, const Block& block) {
  std::string text = std::string("TZif") + version + std::string(15, '\0');
  for (const auto count : {std::size_t{0}, std::size_t{0}, static_cast<std::size_t>(block.leap_seconds),
                           block.changes.size(), block.offsets_s.size(), std::size_t{4}})
    text += big_endian(count, 4);
  return text;
}

std::string body(const Block& block, int time_size) {
  std::string text;
  for (const auto& [at, type] : block.changes) text += big_endian(static_cast<std::uint64_t>(at), time_size);
  for (const auto& [at, type] : block.changes) text.push_back(static_cast<char>(type));
  for (const auto offset : block.offsets_s)
    text += big_endian(static_cast<std::uint32_t>(offset), 4) + std::string(2, '\0');
  return text + std::string("AAA\0", 4) +
         std::string(static_cast<std::size_t>(block.leap_seconds * (time_size + 4)), 0);
}

std::string zone_file(const Block& block, const std::string& rule = "AAA-1", char version = '2') {
  const Block old{{{5, 0}}, {3600}};  // what a reader of version 1 would use: must be skipped
  return header(version, old) + body(old, 4) + header(version, block) + body(block, 8) + "\n" + rule + "\n";
}

constexpr Timestamp kAlways{INT64_MIN};
Timestamp at_s(std::int64_t seconds) {
  return Timestamp{seconds * kMicrosPerSecond};
}
OffsetChange hours(Timestamp at, std::int64_t offset) {
  return {at, offset * kMicrosPerHour};
}

TEST(ZoneFile, WithoutChangesHasOneOffset) {
  const auto changes = parse_zone_file(zone_file({}));
  ASSERT_TRUE(changes);
  EXPECT_EQ(*changes, (std::vector{hours(kAlways, 1)}));
}

TEST(ZoneFile, FoldsWhatWasBefore1970) {
  const auto changes = parse_zone_file(zone_file(
      {{{-576'460'752'303'423'488, 0}, {-2'000'000'000, 1}, {-1'000'000'000, 0}, {1'000'000'000, 1}}, {3600, 7200}},
      ""));
  ASSERT_TRUE(changes);
  EXPECT_EQ(*changes, (std::vector{hours(kAlways, 1), hours(at_s(1'000'000'000), 2)}));
}

TEST(ZoneFile, LeavesOutChangesThatChangeNothing) {
  // A new name for the same offset, as many zones have.
  const auto changes = parse_zone_file(zone_file({{{100, 1}, {200, 2}, {300, 0}}, {3600, 7200, 7200}}, ""));
  ASSERT_TRUE(changes);
  EXPECT_EQ(*changes, (std::vector{hours(kAlways, 1), hours(at_s(100), 2), hours(at_s(300), 1)}));
}

TEST(ZoneFile, GoesOnWithItsRuleAfterTheList) {
  // Listed to autumn 2036 only; the rule must take over in spring 2037, not earlier.
  const auto changes = parse_zone_file(
      zone_file({{{2'090'451'600, 1}, {2'108'595'600, 0}}, {3600, 7200}}, "CET-1CEST,M3.5.0,M10.5.0/3"));
  ASSERT_TRUE(changes);
  ASSERT_GT(changes->size(), 200u);
  EXPECT_EQ((*changes)[2].at, at_s(2'108'595'600));
  EXPECT_EQ(to_string((*changes)[3].at), "2037-03-29T01:00:00Z");
  EXPECT_EQ(to_string(changes->back().at), "2150-10-25T01:00:00Z");
}

TEST(ZoneFile, RefusesDamage) {
  const Block block{{{100, 1}, {200, 0}}, {3600, 7200}};
  const auto whole = zone_file(block);
  ASSERT_TRUE(parse_zone_file(whole));
  for (std::size_t size = 0; size < whole.size(); ++size)
    ASSERT_FALSE(parse_zone_file(std::string_view(whole).substr(0, size))) << size;
  EXPECT_FALSE(parse_zone_file(zone_file(block, "AAA-1", '\0')));                  // version 1
  EXPECT_FALSE(parse_zone_file(zone_file(block, "nonsense")));                     // rule
  EXPECT_FALSE(parse_zone_file(zone_file({{{100, 2}}, {3600, 7200}})));            // no such type
  EXPECT_FALSE(parse_zone_file(zone_file({{{200, 1}, {100, 0}}, {3600, 7200}})));  // not in order
  EXPECT_FALSE(parse_zone_file(zone_file({{}, {99 * 3600}})));                     // offset of four days
  EXPECT_FALSE(parse_zone_file(zone_file({{}, {}})));                              // no type
  EXPECT_FALSE(parse_zone_file(zone_file({{}, {3600}, 1})));                       // leap seconds
}

TEST(ZoneFile, ReadsWhatTheSystemHas) {
  const auto changes = read_zone_file("Europe/Amsterdam");
  ASSERT_TRUE(changes) << changes.error().message;
  EXPECT_EQ(changes->front(), hours(kAlways, 1));
  EXPECT_GT(changes->size(), 300u);
}

}  // namespace
}  // namespace deskhouse
