#include "demo/delta.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "demo_folder.h"

namespace deskhouse::demo::test {
namespace {

struct Pair {
  explicit Pair(const DemoFolder& folder, std::int64_t tickets) : options(folder.options(tickets)) {
    EXPECT_TRUE(generate(options));
    EXPECT_TRUE(generate_delta({.base = options}));
    base = read_tickets(folder.path());
    delta = Rows(folder.path() / "delta/tickets.csv");
    for (const auto& row : base.rows) {
      auto& newest = by_id[row[0]];  // duplicates and older versions: the newest counts
      if (newest == nullptr || base.at(*newest, "Updated") < base.at(row, "Updated")) newest = &row;
    }
  }
  Options options;
  Rows base, delta;
  std::map<std::string, const Record*> by_id;
};

TEST(Delta, ChangesKeepWhatIsFixedAndAddedOnesAreNew) {
  const DemoFolder folder("delta");
  const Pair pair(folder, 20'000);
  std::int64_t changed = 0, added = 0;
  for (const auto& row : pair.delta.rows) {
    const auto found = pair.by_id.find(row[0]);
    if (found == pair.by_id.end()) {
      ++added;
      EXPECT_GE(pair.delta.at(row, "Opened"), "2026-01-01T00:00:00Z");
      continue;
    }
    ++changed;
    const Record& before = *found->second;
    for (const auto* column : {"Opened", "Short description", "Description", "Caller", "Ticket type", "Department"})
      EXPECT_EQ(pair.delta.at(row, column), pair.base.at(before, column)) << row[0];
    const auto& updated = pair.delta.at(row, "Updated");
    EXPECT_NE(updated, pair.base.at(before, "Updated"));
    if (updated.size() == 20 && updated[10] == 'T') {
      EXPECT_GT(updated, "2026-01-01T00:00:00Z");
      EXPECT_LE(updated, "2026-01-02T00:00:00Z");
    }
  }
  EXPECT_EQ(changed, 200);
  EXPECT_EQ(added, 20);
  EXPECT_EQ(pair.delta.ragged, 0);
  const auto truth = read_truth(folder.path() / "delta");
  EXPECT_EQ(truth["entities"]["tickets"]["loaded"], 220);
  EXPECT_EQ(truth["options"]["changed"], 200);
}

TEST(Delta, IsDeterministicAndNeedsNoBaseFiles) {
  const DemoFolder one("delta_one"), two("delta_two");
  ASSERT_TRUE(generate_delta({.base = one.options(10'000)}));
  ASSERT_TRUE(generate_delta({.base = two.options(10'000)}));
  const auto files = read_all(one.path() / "delta");
  EXPECT_EQ(files.size(), 6u);
  EXPECT_EQ(files, read_all(two.path() / "delta"));
}

TEST(Delta, WhatHangsOnATicketIsNewAndKeepsIdsApart) {
  const DemoFolder folder("delta_children");
  const Pair pair(folder, 20'000);
  std::set<std::string> tickets;
  for (const auto& row : pair.delta.rows) tickets.insert(row[0]);
  for (const auto* name : {"surveys.csv", "time_entries.csv", "ticket_events.csv"}) {
    std::set<std::string> ids;
    const Rows base(folder.path() / name), delta(folder.path() / "delta" / name);
    EXPECT_FALSE(delta.rows.empty()) << name;
    for (const auto& row : base.rows) ids.insert(row[0]);
    for (const auto& row : delta.rows) {
      EXPECT_TRUE(ids.insert(row[0]).second) << name << " " << row[0];
      EXPECT_TRUE(tickets.contains(row[1])) << name << " " << row[1];
    }
  }
}

// Base log and delta log, read one after the other, end where the changed row stands.
TEST(Delta, LogsOfBothDeliveriesAgreeWithTheChangedRows) {
  const DemoFolder folder("delta_log");
  const Pair pair(folder, 20'000);
  std::map<std::string, std::pair<std::string, std::string>> last;  // ticket -> status, agent
  std::map<std::string, int> numbers;                               // of steps, which go up one by one
  for (const auto& path : {folder.path() / "ticket_events.csv", folder.path() / "delta/ticket_events.csv"}) {
    const Rows events(path);
    for (const auto& row : events.rows) {
      auto& [status, agent] = last[events.at(row, "ticket_id")];
      ASSERT_EQ(std::to_string(++numbers[events.at(row, "ticket_id")]), events.at(row, "version"));
      if (!events.at(row, "status").empty()) status = events.at(row, "status");
      if (!events.at(row, "assigned_to").empty()) agent = events.at(row, "assigned_to");
    }
  }
  int compared = 0;
  for (const auto& row : pair.delta.rows) {
    const auto found = last.find(row[0]);
    if (found == last.end()) continue;
    ++compared;
    EXPECT_EQ(found->second.first, pair.delta.at(row, "State")) << row[0];
    EXPECT_EQ(found->second.second, pair.delta.at(row, "Assigned to")) << row[0];
  }
  EXPECT_GT(compared, 50);
}

TEST(Delta, MostlyRecentTicketsChangeAndAFewOldOnes) {
  Options options;
  options.folder = "unused";
  options.tickets = 200'000;
  const World world(options);
  const auto picked = pick_changed(world, 2'000);
  ASSERT_EQ(picked.size(), 2'000u);
  EXPECT_TRUE(std::is_sorted(picked.begin(), picked.end()));
  EXPECT_EQ(std::set<std::int64_t>(picked.begin(), picked.end()).size(), 2'000u);
  const auto old = std::count_if(picked.begin(), picked.end(), [](std::int64_t i) { return i < 170'000; });
  EXPECT_EQ(old, 6);
  for (const auto index : picked) EXPECT_FALSE(is_bare(world.flaws.of(index)));
}

TEST(Delta, AllOfASmallDemoMayBeAskedFor) {
  const DemoFolder folder("delta_small");
  const auto delta = generate_delta({.base = folder.options(40), .changed = 20, .added = 40});
  ASSERT_TRUE(delta);
  EXPECT_EQ(delta->tickets, 60);
  EXPECT_FALSE(generate_delta({.base = folder.options(40), .changed = 21, .added = 0}));
}

}  // namespace
}  // namespace deskhouse::demo::test
