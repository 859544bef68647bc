#include "base/posix_rule.h"

#include <gtest/gtest.h>

namespace deskhouse {
namespace {

std::vector<std::string> changes_of(std::string_view rule, int year) {
  const auto parsed = PosixRule::parse(rule);
  if (!parsed) return {"not a rule"};
  std::vector<std::string> texts;
  for (const auto& change : parsed->changes(year, year))
    texts.push_back(to_string(Timestamp{change.at_s * kMicrosPerSecond}) + " " + std::to_string(change.offset_s));
  return texts;
}

using Texts = std::vector<std::string>;

TEST(PosixRule, GoesOnYearAfterYear) {
  EXPECT_EQ(changes_of("CET-1CEST,M3.5.0,M10.5.0/3", 2050),
            (Texts{"2050-03-27T01:00:00Z 7200", "2050-10-30T01:00:00Z 3600"}));
  EXPECT_EQ(changes_of("EST5EDT,M3.2.0,M11.1.0", 2024),
            (Texts{"2024-03-10T07:00:00Z -14400", "2024-11-03T06:00:00Z -18000"}));
  EXPECT_EQ(PosixRule::parse("CET-1CEST,M3.5.0,M10.5.0/3")->changes(2040, 2049).size(), 20u);
}

TEST(PosixRule, KnowsHalfHoursAndTheSouthernSummer) {
  EXPECT_EQ(changes_of("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2060),
            (Texts{"2060-04-03T15:00:00Z 37800", "2060-10-02T15:30:00Z 39600"}));
}

TEST(PosixRule, KnowsTimesOutsideTheDay) {
  EXPECT_EQ(changes_of("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2040),  // Saturday 23:00 local
            (Texts{"2040-03-25T01:00:00Z -3600", "2040-10-28T01:00:00Z -7200"}));
  EXPECT_EQ(changes_of("EET-2EEST,M3.4.4/50,M10.4.4/50", 2100),
            (Texts{"2100-03-27T00:00:00Z 10800", "2100-10-29T23:00:00Z 7200"}));
}

TEST(PosixRule, KnowsDaysOfTheYear) {
  // J60 is 1 March in every year, 59 is 29 February in a leap year.
  EXPECT_EQ(changes_of("AAA0BBB,J60/0,J305/0", 2024).front(), "2024-03-01T00:00:00Z 3600");
  EXPECT_EQ(changes_of("AAA0BBB,J60/0,J305/0", 2023).front(), "2023-03-01T00:00:00Z 3600");
  EXPECT_EQ(changes_of("AAA0BBB,59/0,J305/0", 2024).front(), "2024-02-29T00:00:00Z 3600");
  EXPECT_EQ(changes_of("AAA0BBB,59/0,J305/0", 2023).front(), "2023-03-01T00:00:00Z 3600");
}

TEST(PosixRule, WithoutSummerChangesNothing) {
  const auto seoul = PosixRule::parse("KST-9");
  ASSERT_TRUE(seoul);
  EXPECT_EQ(seoul->standard_offset_s(), 9 * 3600);
  EXPECT_TRUE(seoul->changes(2000, 2100).empty());
  EXPECT_EQ(PosixRule::parse("<+0545>-5:45")->standard_offset_s(), 5 * 3600 + 45 * 60);
}

TEST(PosixRule, RefusesWhatIsNotOne) {
  for (const auto* text : {"", "CET", "CE-1", "<+03-3", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
                           "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J5",
                           "CET-1CEST,366,J5", "CET-1CEST,M3.5.0,M10.5.0/3x", "CET-1CEST,M3.5.0,M10.5.0/168",
                           "CET-1:60", "CET-1CEST,M3.5.0/,M10.5.0", "CET-1,M3.5.0,M10.5.0"})
    EXPECT_FALSE(PosixRule::parse(text)) << text;
}

}  // namespace
}  // namespace deskhouse
