#include "core/distribution.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace deskhouse::core {
namespace {

using Numbers = std::vector<std::int64_t>;

std::string bytes_of(const Numbers& numbers) {
  std::vector<Occurrence> occurrences;
  for (const auto number : numbers) occurrences.push_back({number, 1});
  return *encode_distribution(occurrences);
}

std::vector<Occurrence> read(std::string_view bytes) {
  std::vector<Occurrence> occurrences;
  EXPECT_TRUE(decode_distribution(bytes, occurrences));
  return occurrences;
}

std::optional<double> quantile(std::vector<std::string> parts, double q) {
  return *quantile_of(std::vector<std::string_view>(parts.begin(), parts.end()), q);
}

// PERCENTILE_CONT as its definition says.
double naive_quantile(Numbers numbers, double q) {
  std::ranges::sort(numbers);
  const auto rank = q * static_cast<double>(numbers.size() - 1);
  const auto low = static_cast<double>(numbers[static_cast<std::size_t>(std::floor(rank))]);
  const auto high = static_cast<double>(numbers[static_cast<std::size_t>(std::ceil(rank))]);
  return low + (high - low) * (rank - std::floor(rank));
}

TEST(Distribution, OfNothingIsEmpty) {
  EXPECT_EQ(bytes_of({}), "");
  EXPECT_EQ(read(""), std::vector<Occurrence>());
  EXPECT_EQ(quantile({}, 0.5), std::nullopt);
  EXPECT_EQ(quantile({"", ""}, 0.5), std::nullopt);
}

TEST(Distribution, SecondsInMicrosecondsTakeAFewBytes) {
  Numbers numbers;
  for (std::int64_t i = 0; i < 1000; ++i) numbers.push_back(i * 40'000'000);
  EXPECT_LT(bytes_of(numbers).size(), 1100U);
}

// More than a block of numbers a part; some parts lie apart, some are the same number again and again.
TEST(Distribution, QuantilesOfManyBlocks) {
  std::mt19937_64 random(7);
  const auto any = [&](std::int64_t to) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(to));
  };
  for (const std::int64_t spread : {3, 1'000, 1'000'000'000}) {  // the last: many numbers near each rank
    Numbers all;
    std::vector<std::string> parts;
    for (int part = 0; part < 200; ++part) {
      Numbers numbers(static_cast<std::size_t>(any(900)));
      const auto from = part % 5 == 0 ? spread * part : 0;
      for (auto& number : numbers) number = (from + any(spread)) * 1'000'000;
      all.insert(all.end(), numbers.begin(), numbers.end());
      parts.push_back(bytes_of(numbers));
    }
    for (const auto q : {0.0, 0.001, 0.25, 0.5, 0.75, 0.9, 0.95, 0.999, 1.0})
      EXPECT_EQ(quantile(parts, q), naive_quantile(all, q)) << spread << " " << q;
  }
}

TEST(Distribution, WhatIsTakenAwayWasNeverThere) {
  std::vector<Occurrence> occurrences{{7, 1}, {5, 2}, {7, -1}, {9, 1}, {5, -1}};
  EXPECT_EQ(*encode_distribution(occurrences), bytes_of({9, 5}));
}

TEST(Distribution, TakingAwayMoreThanThereIsStaysKnown) {
  std::vector<Occurrence> occurrences{{3, -2}, {4, 1}};
  EXPECT_EQ(read(*encode_distribution(occurrences)), (std::vector<Occurrence>{{3, -2}, {4, 1}}));
  EXPECT_FALSE(quantile_of(std::vector<std::string_view>{*encode_distribution(occurrences)}, 0.5));
}

TEST(Distribution, InterpolatesBetweenTwoNumbersOfDifferentParts) {
  EXPECT_EQ(quantile({bytes_of({1, 2}), bytes_of({4, 100})}, 0.5), 3.0);
  EXPECT_DOUBLE_EQ(*quantile({bytes_of({1, 2}), "", bytes_of({4, 100})}, 0.9), 71.2);
  EXPECT_EQ(quantile({bytes_of({5})}, 0.3), 5.0);
}

// Two heaps at the ends of what 64 bits hold, with nothing between them.
TEST(Distribution, PartsLieAsFarApartAsCanBe) {
  std::vector<Occurrence> low{{INT64_MIN, 5000}, {INT64_MIN + 3, 5000}}, high{{INT64_MAX - 2, 5000}, {INT64_MAX, 5000}};
  const std::vector<std::string> parts{*encode_distribution(low), *encode_distribution(high)};
  const auto least = static_cast<double>(INT64_MIN), greatest = static_cast<double>(INT64_MAX);
  EXPECT_EQ(quantile(parts, 0.1), least);
  EXPECT_EQ(quantile(parts, 0.9), greatest);
  EXPECT_EQ(quantile(parts, 0.5), least + (greatest - least) * 0.5);
}

TEST(Distribution, NumbersOfAllSizes) {
  const Numbers numbers{-(1LL << 61), -1, 0, 1, 127, 128, 1LL << 40, 1LL << 61};
  std::vector<Occurrence> once;
  for (const auto number : numbers) once.push_back({number, 1});
  EXPECT_EQ(read(bytes_of(numbers)), once);
  std::vector<Occurrence> too_wide{{INT64_MIN, 1}, {INT64_MAX, 1}};
  EXPECT_FALSE(encode_distribution(too_wide));
  std::vector<Occurrence> too_often{{1, (1LL << 40) + 1}};
  EXPECT_FALSE(encode_distribution(too_often));
}

TEST(Distribution, BytesThatAreNoneAreSaidToBe) {
  const auto good = bytes_of({1, 5, 5, 900});
  for (std::size_t length = 1; length < good.size(); ++length) {
    std::vector<Occurrence> into;
    EXPECT_FALSE(decode_distribution(good.substr(0, length), into)) << length;
  }
  std::vector<Occurrence> into;
  EXPECT_FALSE(decode_distribution(good + '\0', into));
  EXPECT_FALSE(quantile_of(std::vector<std::string_view>{"\xff"}, 0.5));
}

TEST(DistributionProperty, BytesDependOnTheNumbersAlone) {
  EXPECT_TRUE(rc::check([](Numbers numbers) {
    for (auto& number : numbers) number %= 1LL << 60;
    auto sorted = numbers;
    std::ranges::sort(sorted);
    RC_ASSERT(bytes_of(numbers) == bytes_of(sorted));
    // In two halves, with something that comes and goes.
    const auto half = numbers.size() / 2;
    auto all = read(bytes_of(Numbers(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(half))));
    const auto rest = read(bytes_of(Numbers(numbers.begin() + static_cast<std::ptrdiff_t>(half), numbers.end())));
    all.insert(all.end(), rest.begin(), rest.end());
    all.push_back({12345, 3});
    all.push_back({12345, -3});
    RC_ASSERT(*encode_distribution(all) == bytes_of(numbers));
  }));
}

TEST(DistributionProperty, QuantilesAreThoseOfTheSortedNumbers) {
  EXPECT_TRUE(rc::check([](const std::vector<std::vector<std::int32_t>>& groups, std::uint8_t percent) {
    Numbers all;
    std::vector<std::string> parts;
    for (const auto& group : groups) {
      const Numbers numbers(group.begin(), group.end());
      all.insert(all.end(), numbers.begin(), numbers.end());
      parts.push_back(bytes_of(numbers));
    }
    const auto q = percent % 101 / 100.0;
    const auto found = quantile(parts, q);
    RC_ASSERT(found.has_value() == !all.empty());
    if (!all.empty()) RC_ASSERT(*found == naive_quantile(all, q));
  }));
}

TEST(DistributionProperty, AnyBytesAreReadOrRefused) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    std::vector<Occurrence> into;
    (void)decode_distribution(bytes, into);
    (void)quantile_of(std::vector<std::string_view>{bytes}, 0.5);
  }));
}

}  // namespace
}  // namespace deskhouse::core
