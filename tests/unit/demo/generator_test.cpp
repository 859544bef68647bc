#include "demo/generator.h"

#include <gmock/gmock.h>

#include <regex>
#include <set>

#include "demo_folder.h"

namespace deskhouse::demo::test {
namespace {

using ::testing::HasSubstr;

bool is_iso(const std::string& text) {
  return parse_iso_timestamp(text).has_value();
}
bool is_digits(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

TEST(Generator, TheSameSeedGivesTheSameBytesWithAnyNumberOfThreads) {
  const DemoFolder one("one"), two("two"), other("other");
  auto options = one.options(9'000);
  options.threads = 1;
  ASSERT_TRUE(generate(options));
  options.folder = two.path();
  options.threads = 3;
  ASSERT_TRUE(generate(options));
  options.folder = other.path();
  options.seed = 8;
  ASSERT_TRUE(generate(options));
  const auto files = read_all(one.path());
  EXPECT_EQ(files.size(), 13u);  // ten entities, the log, deskhouse.toml, truth.json
  EXPECT_EQ(files, read_all(two.path()));
  EXPECT_NE(files.at("tickets/tickets_0001.csv"), read_all(other.path()).at("tickets/tickets_0001.csv"));
}

// Counts flaws in the files without a look at the generator's own plan.
TEST(Generator, TruthEqualsANaiveCountOverTheFiles) {
  const DemoFolder folder("truth");
  ASSERT_TRUE(generate(folder.options(12'000)));
  const auto truth = read_truth(folder.path());
  const Rows tickets = read_tickets(folder.path()), agents(folder.path() / "agents.csv");
  std::set<std::string> agent_ids;
  for (const auto& row : agents.rows) agent_ids.insert(agents.at(row, "id"));

  std::map<std::string, std::int64_t> found;
  std::map<std::string, std::set<std::string>> versions;  // id -> times of update
  std::map<std::string, std::int64_t> copies;             // whole row -> how often
  const std::set<std::string> null_words = {"", "N/A", "?"};
  const std::regex dmy(R"([0-3]\d/[01]\d/20\d\d [0-2]\d:[0-5]\d:[0-5]\d)");
  found["ragged_row"] = tickets.ragged;
  for (const auto& row : tickets.rows) {
    const auto& opened = tickets.at(row, "Opened");
    std::string whole;
    for (const auto& field : row) whole += field + '\x1f';
    ++copies[whole];
    versions[tickets.at(row, "Number")].insert(tickets.at(row, "Updated"));
    if (null_words.contains(tickets.at(row, "Priority"))) ++found["null_priority"];
    if (null_words.contains(tickets.at(row, "Category"))) ++found["null_category"];
    if (tickets.at(row, "Caller").empty()) ++found["missing_requester"];
    if (tickets.at(row, "Description").find('\xE9') != std::string::npos &&
        tickets.at(row, "Description").find("\xC3\xA9") == std::string::npos)
      ++found["invalid_utf8"];
    const auto& agent = tickets.at(row, "Assigned to");
    if (!agent.empty() && !agent_ids.contains(agent)) ++found["dangling_agent"];
    if (is_digits(opened))
      ++found["date_epoch_ms"];
    else if (std::regex_match(opened, dmy))
      ++found["date_dmy"];
    else if (!is_iso(opened))
      ++found["unparsable_date"];
    const auto& resolved = tickets.at(row, "Resolved");
    if (is_iso(opened) && is_iso(resolved) && resolved < opened) ++found["resolved_before_created"];
  }
  for (const auto& [row, count] : copies) found["exact_duplicate"] += count - 1;
  for (const auto& [id, times] : versions) found["older_version"] += static_cast<std::int64_t>(times.size()) - 1;

  // The Latin-1 test above sees only rows of the right width; 31/02 with hour 25 is a date to no reader.
  found["survey_of_unknown_ticket"] = 0;
  const Rows surveys(folder.path() / "surveys.csv");
  for (const auto& row : surveys.rows)
    if (!versions.contains(surveys.at(row, "ticket_id"))) ++found["survey_of_unknown_ticket"];

  for (const auto& [name, flaw] : truth["flaws"].items()) {
    EXPECT_GT(flaw["planted"], 0) << name;
    EXPECT_EQ(found[name], flaw["planted"]) << name;
  }
  EXPECT_EQ(tickets.total(), truth["entities"]["tickets"]["rows"]);
  EXPECT_EQ(truth["entities"]["tickets"]["distinct_ids"], 12'000);
}

TEST(Generator, FlawsHaveTheirDocumentedShares) {
  const DemoFolder folder("shares");
  ASSERT_TRUE(generate(folder.options(10'000)));
  const auto flaws = read_truth(folder.path())["flaws"];
  EXPECT_EQ(flaws["null_priority"]["planted"], 200);
  EXPECT_EQ(flaws["null_category"]["planted"], 100);
  EXPECT_EQ(flaws["dangling_agent"]["planted"], 50);
  EXPECT_EQ(flaws["resolved_before_created"]["planted"], 20);
  EXPECT_EQ(flaws["exact_duplicate"]["planted"], 10);
  EXPECT_EQ(flaws["older_version"]["planted"], 10);
  EXPECT_EQ(flaws["date_dmy"]["planted"], 500);
  EXPECT_EQ(flaws["date_epoch_ms"]["planted"], 200);
  EXPECT_EQ(flaws["unparsable_date"]["planted"], 2);
  EXPECT_EQ(flaws["missing_requester"]["planted"], 2);
  EXPECT_EQ(flaws["invalid_utf8"]["planted"], 5);
  EXPECT_EQ(flaws["ragged_row"]["planted"], 6);
}

TEST(Generator, TruthCountsTheRowsOfEveryEntity) {
  const DemoFolder folder("rows");
  const auto summary = generate(folder.options(4'000));
  ASSERT_TRUE(summary);
  const auto truth = read_truth(folder.path());
  std::int64_t rows = 0;
  for (const auto& [name, count] : truth["entities"].items()) {
    const Rows file = name == "tickets" ? read_tickets(folder.path()) : Rows(folder.path() / (name + ".csv"));
    std::set<std::string> ids;
    for (const auto& row : file.rows) ids.insert(row[0]);
    EXPECT_EQ(file.total(), count["rows"]) << name;
    EXPECT_EQ(count["rows"],
              count["loaded"].get<int>() + count["superseded"].get<int>() + count["quarantined"].get<int>());
    if (name != "tickets") {
      EXPECT_EQ(ids.size(), count["distinct_ids"]) << name;
      EXPECT_EQ(file.ragged, 0) << name;
    }
    rows += file.total();
  }
  EXPECT_EQ(truth["entities"].size(), 11u);
  EXPECT_EQ(summary->rows, rows);
  EXPECT_EQ(summary->tickets, 4'000);
}

TEST(Generator, WithoutFlawsEveryRowIsClean) {
  const DemoFolder folder("clean");
  auto options = folder.options(5'000);
  options.flaws = false;
  ASSERT_TRUE(generate(options));
  const auto truth = read_truth(folder.path());
  for (const auto& [name, flaw] : truth["flaws"].items()) EXPECT_EQ(flaw["planted"], 0) << name;
  const Rows tickets = read_tickets(folder.path());
  EXPECT_EQ(tickets.rows.size(), 5'000u);
  EXPECT_EQ(tickets.ragged, 0);
  std::set<std::string> ids;
  for (const auto& row : tickets.rows) {
    ids.insert(tickets.at(row, "Number"));
    EXPECT_TRUE(is_iso(tickets.at(row, "Opened")));
    EXPECT_FALSE(tickets.at(row, "Priority").empty());
    EXPECT_FALSE(tickets.at(row, "Category").empty());
    EXPECT_FALSE(tickets.at(row, "Caller").empty());
    const auto& resolved = tickets.at(row, "Resolved");
    EXPECT_TRUE(resolved.empty() || resolved > tickets.at(row, "Opened"));
  }
  EXPECT_EQ(ids.size(), 5'000u);
}

TEST(Generator, ReferencesHoldWhereNoFlawBreaksThem) {
  const DemoFolder folder("refs");
  auto options = folder.options(5'000);
  options.flaws = false;
  ASSERT_TRUE(generate(options));
  std::map<std::string, std::set<std::string>> ids;
  for (const auto* name : {"groups", "departments", "agents", "requesters", "assets", "problems"}) {
    const Rows file(folder.path() / (std::string(name) + ".csv"));
    for (const auto& row : file.rows) ids[name].insert(row[0]);
  }
  const Rows tickets = read_tickets(folder.path());
  for (const auto& row : tickets.rows) ids["tickets"].insert(row[0]);
  const auto check = [&](const Rows& file, const std::string& column, const std::string& entity) {
    std::int64_t filled = 0;
    for (const auto& row : file.rows) {
      const auto& id = file.at(row, column);
      if (id.empty()) continue;
      ++filled;
      EXPECT_TRUE(ids[entity].contains(id)) << column << " " << id;
    }
    EXPECT_GT(filled, 0) << column;
  };
  check(tickets, "Caller", "requesters");
  check(tickets, "Assigned to", "agents");
  check(tickets, "Assignment group", "groups");
  check(tickets, "Department", "departments");
  check(tickets, "Configuration item", "assets");
  check(tickets, "Problem", "problems");
  check(Rows(folder.path() / "surveys.csv"), "ticket_id", "tickets");
  check(Rows(folder.path() / "time_entries.csv"), "ticket_id", "tickets");
  check(Rows(folder.path() / "time_entries.csv"), "agent_id", "agents");
  check(Rows(folder.path() / "ticket_events.csv"), "ticket_id", "tickets");
  check(Rows(folder.path() / "ticket_events.csv"), "assigned_to", "agents");
  check(Rows(folder.path() / "assets.csv"), "requester_id", "requesters");
  check(Rows(folder.path() / "departments.csv"), "head_user_id", "requesters");
  check(Rows(folder.path() / "agents.csv"), "group_id", "groups");
  check(Rows(folder.path() / "problems.csv"), "agent_id", "agents");
  check(Rows(folder.path() / "changes.csv"), "requester_id", "requesters");
}

TEST(Generator, AnEarlierLargerDemoIsReplaced) {
  const DemoFolder folder("replace");
  ASSERT_TRUE(generate(folder.options(210'000)));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "tickets/tickets_0002.csv"));
  ASSERT_TRUE(generate(folder.options(100)));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "tickets/tickets_0002.csv"));
  EXPECT_EQ(read_tickets(folder.path()).total(), 100);
}

TEST(Generator, OneTicketIsEnough) {
  const DemoFolder folder("tiny");
  ASSERT_TRUE(generate(folder.options(1)));
  EXPECT_EQ(read_tickets(folder.path()).total(), 1);
}

TEST(Generator, OptionsOutOfRangeAndUnwritableFoldersAreNamed) {
  const DemoFolder folder("bad");
  auto none = generate(folder.options(0));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, Error::Kind::usage);
  EXPECT_THAT(none.error().message, HasSubstr("--tickets is 0"));
  std::filesystem::create_directories(folder.path());
  std::ofstream(folder.path() / "file") << "in the way";
  auto options = folder.options(10);
  options.folder = folder.path() / "file";
  auto blocked = generate(options);
  ASSERT_FALSE(blocked);
  EXPECT_EQ(blocked.error().kind, Error::Kind::io);
  EXPECT_THAT(blocked.error().message, HasSubstr("file"));
}

TEST(Generator, ProgressGoesUpToOne) {
  const DemoFolder folder("progress");
  auto options = folder.options(10'000);
  std::vector<double> seen;
  options.progress = [&](double share) { seen.push_back(share); };
  ASSERT_TRUE(generate(options));
  ASSERT_FALSE(seen.empty());
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(seen.back(), 1.0);
}

}  // namespace
}  // namespace deskhouse::demo::test
