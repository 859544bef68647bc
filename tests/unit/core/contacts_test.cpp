#include "core/contacts.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

namespace deskhouse::core {
namespace {

constexpr std::int64_t kWeek = 7 * kMicrosPerDay;

Contact contact(std::int64_t requester, std::int64_t topic, std::int64_t at_us, bool counts = true) {
  return {requester, topic, Timestamp{at_us}, counts};
}

std::int64_t repeats(std::vector<Contact> contacts) {
  return count_repeats(contacts, kWeek);
}

TEST(RepeatContacts, WithinAWeekTheEndIncluded) {
  EXPECT_EQ(repeats({}), 0);
  EXPECT_EQ(repeats({contact(1, 1, 0)}), 0);
  EXPECT_EQ(repeats({contact(1, 1, 0), contact(1, 1, kWeek)}), 1);
  EXPECT_EQ(repeats({contact(1, 1, 0), contact(1, 1, kWeek + 1)}), 0);
  EXPECT_EQ(repeats({contact(1, 1, 5), contact(1, 1, 5)}), 1);
}

TEST(RepeatContacts, OfTheSameRequesterAndTopic) {
  EXPECT_EQ(repeats({contact(1, 1, 0), contact(2, 1, 1), contact(1, 2, 2)}), 0);
  EXPECT_EQ(repeats({contact(1, 1, 0), contact(2, 1, 1), contact(1, 1, 2), contact(2, 1, 3)}), 2);
}

TEST(RepeatContacts, WhatIsOnlyLookedBackAtDoesNotCount) {
  EXPECT_EQ(repeats({contact(1, 1, 0, false), contact(1, 1, 1, false), contact(1, 1, 2)}), 1);
}

TEST(RepeatContactsProperty, EachHasAnotherOneShortlyBefore) {
  EXPECT_TRUE(rc::check([](const std::vector<std::tuple<bool, bool, std::uint8_t>>& rows) {
    std::vector<Contact> contacts;
    for (const auto& [requester, topic, hour] : rows)
      contacts.push_back(contact(requester, topic, hour * 8 * kMicrosPerHour + static_cast<std::int64_t>(contacts.size())));
    const auto expected = std::ranges::count_if(contacts, [&](const Contact& c) {
      return std::ranges::any_of(contacts, [&](const Contact& b) {
        return b.requester == c.requester && b.topic == c.topic && b.at < c.at && c.at.us - b.at.us <= kWeek;
      });
    });
    RC_ASSERT(repeats(contacts) == expected);
  }));
}

}  // namespace
}  // namespace deskhouse::core
