#include "server/listing.h"

#include <gtest/gtest.h>

#include <set>

namespace deskhouse::server {
namespace {

const ListKey kKeys[] = {{"t.at", ListKey::Type::time}, {"t.id"}};

TEST(Cursor, ComesBackAsItWas) {
  const Cursor there{{std::int64_t{1'767'270'348'000'000}, std::string("INC \"é\" /?&=")}};
  const auto text = there.text("tickets\nstatus=Open");
  EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
  const auto back = Cursor::read(text, "tickets\nstatus=Open", kKeys);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->after, there.after);
}

TEST(Cursor, OfAnotherRequestOrOfNoneIsRefused) {
  const auto text = Cursor{{std::int64_t{1}, std::string("a")}}.text("tickets");
  EXPECT_FALSE(Cursor::read(text, "runs", kKeys));
  for (const auto* wrong : {"", "a", "%", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "eyJhIjoxfQ"})
    EXPECT_FALSE(Cursor::read(wrong, "tickets", kKeys)) << wrong;
  for (std::size_t cut = 0; cut < text.size(); ++cut)
    EXPECT_FALSE(Cursor::read(text.substr(0, cut), "tickets", kKeys)) << cut;
  EXPECT_FALSE(Cursor::read(Cursor{{std::string("a"), std::string("a")}}.text("tickets"), "tickets", kKeys))
      << "a time is a number";
  EXPECT_FALSE(Cursor::read(Cursor{{std::int64_t{1}}}.text("tickets"), "tickets", kKeys)) << "a key is missing";
}

Result<Arguments> read(std::string_view target) {
  static const std::vector<ParameterSpec> kSpecs = {
      {"day", "", ParameterSpec::Kind::day},
      {"word", "", ParameterSpec::Kind::word, true, {"a", "b"}},
      {"flag", "", ParameterSpec::Kind::boolean},
      {"limit", "", ParameterSpec::Kind::integer, false, {}, 1, 10},
  };
  Request request;
  EXPECT_TRUE(parse_target(target, request));
  return Arguments::read(kSpecs, {"priority"}, request);
}

TEST(Arguments, AreChecked) {
  const auto good = read("/?word=b&word=a&day=2026-02-28&flag=true&limit=10&priority=x%2Cy");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->all("word"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(good->integer("limit", 5), 10);
  EXPECT_EQ(good->one("priority"), "x,y");
  for (const auto* wrong : {"/?day=2026-02-29", "/?day=", "/?word=c", "/?flag=1", "/?limit=0", "/?limit=11",
                            "/?limit=x", "/?wrod=a", "/?day=2026-01-01&day=2026-01-02"})
    EXPECT_FALSE(read(wrong)) << wrong;
  EXPECT_NE(read("/?wrod=a").error().message.find("did you mean 'word'"), std::string::npos);
}

TEST(Arguments, OfOneMeaningAreOneText) {
  EXPECT_EQ(read("/?word=b&word=a&flag=true")->text(), read("/?flag=true&word=a&word=b")->text());
  EXPECT_NE(read("/?priority=a")->text(), read("/?priority=ab")->text());
  EXPECT_EQ(read("/?limit=3&flag=true")->text({"limit"}), read("/?flag=true")->text());
}

TEST(Listings, CanBeOrderedAndNamed) {
  for (const auto* listing : {&kTickets, &kRuns, &kChecks, &kViolations, &kQuarantine, &kAlerts}) {
    EXPECT_FALSE(listing->keys.empty());
    std::set<std::string_view> names;
    for (const auto& column : listing->columns) EXPECT_TRUE(names.insert(column.name).second) << column.name;
    for (const auto& filter : listing->filters)
      EXPECT_NE(filter.sql.find("{0}"), std::string_view::npos) << filter.parameter.name;
  }
}

}  // namespace
}  // namespace deskhouse::server
