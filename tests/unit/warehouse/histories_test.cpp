#include "warehouse/histories.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

namespace deskhouse::warehouse {
namespace {

TEST(Histories, KeepsNullAndEmptyApart) {
  Histories histories;
  std::vector<Histories::Entry> entries = {{5, 20, 0, 2, 0}, {5, 10, 0, 1, 0}};
  histories.add(entries, {{"Open", "", std::nullopt}, {std::nullopt, "a1", "g1"}});
  std::vector<core::Observation> found;
  histories.find(5, found);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].at, Timestamp{10});
  EXPECT_FALSE(found[0].status);
  EXPECT_EQ(found[0].assigned_to, "a1");
  EXPECT_EQ(found[1].assigned_to, "");
  EXPECT_FALSE(found[1].group_id);
  histories.find(6, found);
  EXPECT_TRUE(found.empty());
}

TEST(Histories, OrdersByTimeVersionAndKey) {
  Histories histories;
  std::vector<Histories::Entry> entries = {{1, 10, 2, 1, 0}, {1, 10, 1, 9, 0}, {1, 10, 1, 3, 0}, {1, 9, 7, 7, 0}};
  histories.add(entries, {{"d", {}, {}}, {"c", {}, {}}, {"b", {}, {}}, {"a", {}, {}}});
  std::vector<core::Observation> found;
  histories.find(1, found);
  std::string order;
  for (const auto& o : found) order += *o.status;
  EXPECT_EQ(order, "abcd");
}

// What two threads put in and two threads ask for is what a plain sort gives.
TEST(Histories, ThreadsFillAndReadIt) {
  std::mt19937_64 random(20261123);
  std::vector<Histories::Entry> all(50'000);
  for (auto& e : all) {
    const auto ticket = static_cast<std::int64_t>(random() % 7000 * 0x9E3779B97F4A7C15ULL);  // spread over all buckets
    e = {ticket, static_cast<std::int64_t>(random() % 50), 0, static_cast<std::int64_t>(random()), 0};
  }
  const auto text_of = [](const Histories::Entry& e) { return "agent " + std::to_string(e.key % 97); };
  Histories histories;
  histories.reserve(50'000);
  const auto fill = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; i += 100) {
      std::vector<Histories::Entry> entries(all.begin() + static_cast<std::ptrdiff_t>(i),
                                            all.begin() + static_cast<std::ptrdiff_t>(i + 100));
      std::vector<std::string> kept;
      for (const auto& e : entries) kept.push_back(text_of(e));
      std::vector<Histories::Texts> texts;
      for (const auto& t : kept) texts.push_back({"Open", t, std::nullopt});
      histories.add(entries, texts);
    }
  };
  std::thread first(fill, 0, 25'000), second(fill, 25'000, 50'000);
  first.join();
  second.join();

  auto expected = all;
  std::ranges::sort(expected, {}, [](const auto& e) { return std::tie(e.ticket, e.at, e.key); });
  const auto check = [&] {
    std::vector<core::Observation> found;
    for (std::size_t i = 0; i < expected.size(); i += found.size()) {
      histories.find(expected[i].ticket, found);
      ASSERT_FALSE(found.empty());
      for (std::size_t k = 0; k < found.size(); ++k) {
        ASSERT_EQ(found[k].at.us, expected[i + k].at);
        ASSERT_EQ(*found[k].assigned_to, text_of(expected[i + k]));
      }
    }
  };
  std::thread one(check), two(check);
  one.join();
  two.join();
}

}  // namespace
}  // namespace deskhouse::warehouse
