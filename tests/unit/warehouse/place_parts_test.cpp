#include "warehouse/place_parts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace deskhouse::warehouse {
namespace {

constexpr std::int64_t kEnd = 10'000'000;

std::vector<std::int64_t> range(std::int64_t first, std::int64_t count, std::int64_t step = 1) {
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < count; ++i) places.push_back(first + i * step);
  return places;
}
std::vector<std::int64_t> operator+(std::vector<std::int64_t> a, const std::vector<std::int64_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
std::vector<std::int64_t> all_of(const PlaceParts& parts) {
  auto all = parts.scattered;
  for (const auto& part : parts.dense) all = std::move(all) + part;
  std::ranges::sort(all);
  return all;
}

TEST(PlaceParts, NothingHasNoParts) {
  const auto parts = split_places({}, kEnd);
  EXPECT_TRUE(parts.scattered.empty());
  EXPECT_TRUE(parts.dense.empty());
}

TEST(PlaceParts, TheYoungLieTogetherAndTheOldAreAList) {
  const auto old = range(5, 20, 400'000), young = range(9'900'000, 10'000, 10);
  const auto parts = split_places(old + young, kEnd);
  EXPECT_EQ(parts.scattered, old);
  ASSERT_EQ(parts.dense.size(), 1U);
  EXPECT_EQ(parts.dense[0], young);
}

TEST(PlaceParts, WhatLiesInTheMiddleEndsWhereItEnds) {
  const auto middle = range(5'000'000, 40'000), young = range(9'990'000, 9'000);
  const auto parts = split_places(middle + young, kEnd);
  ASSERT_EQ(parts.dense.size(), 2U);
  EXPECT_EQ(parts.dense[0], middle);
  EXPECT_EQ(parts.dense[1], young);
}

TEST(PlaceParts, SpreadEvenlyTheyAreOnePart) {
  const auto places = range(0, 10'000, 1'000);
  const auto parts = split_places(places, kEnd);
  EXPECT_TRUE(parts.scattered.empty());
  ASSERT_EQ(parts.dense.size(), 1U);
  EXPECT_EQ(parts.dense[0], places);
}

TEST(PlaceParts, MoreThanAFewAloneAreNoList) {
  std::vector<std::int64_t> places;
  for (std::int64_t group = 0; group < 80; ++group) places = std::move(places) + range(group * 122'880, 4, 30'000);
  ASSERT_GT(places.size(), kFewPlaces);
  const auto parts = split_places(places, kEnd);
  EXPECT_TRUE(parts.scattered.empty());
  ASSERT_EQ(parts.dense.size(), 1U);
  EXPECT_EQ(parts.dense[0], places);
}

TEST(PlaceParts, ASmallTableIsOnePart) {
  EXPECT_EQ(split_places({7}, 0).dense, (std::vector<std::vector<std::int64_t>>{{7}}));
}

TEST(PlaceParts, ManyHeapsBecomeFewParts) {
  std::vector<std::int64_t> places;
  for (std::int64_t heap = 0; heap < 9; ++heap) places = std::move(places) + range(heap * 1'000'000, 100);
  const auto parts = split_places(places, 100'000'000);
  EXPECT_LE(parts.dense.size(), 4U);
  EXPECT_EQ(all_of(parts), places);
}

TEST(PlaceParts, EachPlaceIsInOnePart) {
  std::mt19937_64 random(20261126);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::int64_t> places;
    const auto heaps = 1 + random() % 12;
    for (std::uint64_t heap = 0; heap < heaps; ++heap) {
      const auto first = static_cast<std::int64_t>(random() % (kEnd - 50'000));
      const auto count = random() % 2 == 0 ? 1 + random() % 8 : 1 + random() % 2'000;
      places = std::move(places) + range(first, static_cast<std::int64_t>(count), 1 + static_cast<int>(random() % 20));
    }
    std::ranges::sort(places);
    const auto repeated = std::ranges::unique(places);
    places.erase(repeated.begin(), repeated.end());
    const auto parts = split_places(places, kEnd);
    ASSERT_EQ(all_of(parts), places) << "round " << round;
    ASSERT_LE(parts.scattered.size(), kFewPlaces);
    ASSERT_TRUE(std::ranges::is_sorted(parts.scattered));
  }
}

}  // namespace
}  // namespace deskhouse::warehouse
