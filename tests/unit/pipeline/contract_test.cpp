// Decisions alone; what a server's columns and records then do: tests/sources_real/test_contracts.py.
#include "pipeline/contract.h"

#include <gmock/gmock.h>

namespace deskhouse::pipeline {
namespace {

using config::Contract;
using sources::SourceColumn;
using testing::ElementsAre;
using testing::HasSubstr;

class ContractTest : public testing::Test {
 protected:
  ContractTest() {
    mapping_.source = "desk";
    mapping_.entity = "tickets";
    mapping_.line = 7;
    mapping_.fields = {{.field = "id", .column = "id"},
                       {.field = "subject", .template_ = "{title} ({place})"},
                       {.field = "due_at", .column = "due"},
                       {.field = "channel", .column = "channel", .optional = true}};
  }
  static std::vector<SourceColumn> columns(std::vector<SourceColumn> extra = {}) {
    std::vector<SourceColumn> all = {{"id", "bigint"}, {"title", "text"},   {"place", "text"},
                                     {"due", "date"},  {"channel", "text"}, {"floor", "integer"}};
    all.insert(all.end(), extra.begin(), extra.end());
    return all;
  }
  static std::vector<SourceColumn> without(std::string_view name) {
    auto all = columns();
    std::erase_if(all, [&](const auto& c) { return c.name == name; });
    return all;
  }
  // "removed due (due_at): NULL in due_at", sorted.
  std::vector<std::string> changes(const RememberedColumns& before, const std::vector<SourceColumn>& now) {
    const auto outcome = apply_contract(mapping_, before, now, false);
    if (!outcome) return {outcome.error().message};
    std::vector<std::string> lines;
    for (const auto& c : outcome->changes)
      lines.push_back(std::string(to_string(c.kind)) + " " + c.column + " (" + c.fields + "): " + c.action);
    std::ranges::sort(lines);
    return lines;
  }

  config::EntityMapping mapping_;
  const RememberedColumns before_{.present = columns(), .gone = {}};
};

TEST_F(ContractTest, TheFirstTimeNothingChanges) {
  EXPECT_THAT(changes({}, without("due")), ElementsAre());
  EXPECT_THAT(changes(before_, columns()), ElementsAre());
}

TEST_F(ContractTest, SaysWhichFieldsAChangeMeets) {
  EXPECT_THAT(changes(before_, without("due")), ElementsAre("removed due (due_at): NULL in due_at"));
  EXPECT_THAT(changes(before_, without("floor")), ElementsAre("removed floor (): noted: nothing named it"));
  EXPECT_THAT(changes(before_, without("place")),
              ElementsAre("removed place (subject): each record that lacks it goes to quarantine"));
  EXPECT_THAT(changes(before_, columns({{"more", "text"}})), ElementsAre("added more (): noted: nothing names it"));
  auto retyped = columns();
  retyped[3].type = "text";
  EXPECT_THAT(changes(before_, retyped),
              ElementsAre("retyped due (due_at): records whose value does not read go to quarantine"));
  mapping_.contract = Contract::discard_value;
  EXPECT_THAT(changes(before_, retyped), ElementsAre("retyped due (due_at): values that do not read become NULL"));
  mapping_.contract = Contract::discard_row;
  EXPECT_THAT(changes(before_, without("due")),
              ElementsAre("removed due (due_at): each record that lacks it goes to quarantine"));
}

TEST_F(ContractTest, AFieldMayHaveOneOfItsOwn) {
  auto& due = mapping_.fields[2];
  auto retyped = columns();
  retyped[3].type = "text";
  due.contract = Contract::discard_value;
  EXPECT_THAT(changes(before_, retyped), ElementsAre("retyped due (due_at): values that do not read become NULL"));
  due.contract = Contract::discard_row;
  EXPECT_THAT(changes(before_, without("due")),
              ElementsAre("removed due (due_at): each record that lacks it goes to quarantine"));
  EXPECT_THAT(changes(before_, without("channel")), ElementsAre("removed channel (channel): NULL in channel"));
  due.contract = Contract::freeze;
  EXPECT_THAT(
      changes(before_, without("due")),
      ElementsAre(HasSubstr("the column 'due' went, and contract = \"freeze\" of due_at lets no column change")));
  EXPECT_TRUE(apply_contract(mapping_, before_, without("due"), true)) << "accepted";
  EXPECT_THAT(changes(before_, without("channel")), ElementsAre("removed channel (channel): NULL in channel"));
  EXPECT_THAT(changes(before_, columns({{"more", "text"}})), ElementsAre("added more (): noted: nothing names it"));
  mapping_.contract = Contract::freeze;
  due.contract = Contract::evolve;
  EXPECT_THAT(changes(before_, without("due")), ElementsAre("removed due (due_at): NULL in due_at"));
  EXPECT_THAT(changes(before_, without("channel")), ElementsAre(HasSubstr("lets no column change")));
  EXPECT_THAT(changes(before_, columns({{"more", "text"}})), ElementsAre(HasSubstr("lets no column change")));
}

TEST_F(ContractTest, FieldsThatShareAColumnEachHaveTheirs) {
  mapping_.fields.push_back({.field = "closed_at", .column = "due", .contract = Contract::discard_value});
  auto retyped = columns();
  retyped[3].type = "text";
  EXPECT_THAT(
      changes(before_, retyped),
      ElementsAre("retyped due (due_at, closed_at): values that do not read become NULL, or their records go to "
                  "quarantine, as each field says"));
}

TEST_F(ContractTest, FreezeNamesEveryChangeAndTheWayOut) {
  mapping_.contract = Contract::freeze;
  auto now = without("floor");
  now.push_back({"more", "text"});
  const auto refused = apply_contract(mapping_, before_, now, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::config);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("deskhouse.toml line 7: desk.tickets: "), HasSubstr("the column 'more' is new"),
                    HasSubstr("the column 'floor' went"), HasSubstr("deskhouse run --accept-columns")));
  const auto accepted = apply_contract(mapping_, before_, now, true);
  ASSERT_TRUE(accepted);
  EXPECT_EQ(accepted->changes.size(), 2u);
  EXPECT_EQ(accepted->columns.present, now);
}

TEST_F(ContractTest, WhatWentIsRememberedUntilItIsBackOrNobodyAsks) {
  const auto first = apply_contract(mapping_, before_, without("due"), false);
  ASSERT_TRUE(first);
  EXPECT_THAT(first->mapping.gone, ElementsAre("due"));
  EXPECT_TRUE(config::may_be_absent(first->mapping, "due"));
  const auto second = apply_contract(mapping_, first->columns, without("due"), false);
  EXPECT_THAT(second->mapping.gone, ElementsAre("due"));
  EXPECT_TRUE(second->changes.empty()) << "told once";
  const auto back = apply_contract(mapping_, second->columns, columns(), false);
  EXPECT_TRUE(back->mapping.gone.empty());
  EXPECT_EQ(back->changes.size(), 1u);
  std::erase_if(mapping_.fields, [](const auto& f) { return f.field == "due_at"; });
  EXPECT_TRUE(apply_contract(mapping_, second->columns, without("due"), false)->columns.gone.empty());
}

TEST_F(ContractTest, AColumnThatSomeFilesLackIsGoneForThoseThatReadIt) {
  auto now = columns();
  now[3].in_all = now[5].in_all = false;  // due, which a field reads, and floor, which none does
  EXPECT_THAT(changes(before_, now), ElementsAre("removed due (due_at): NULL in due_at"));
  const auto outcome = apply_contract(mapping_, before_, now, false);
  EXPECT_TRUE(apply_contract(mapping_, outcome->columns, now, false)->changes.empty());
}

TEST_F(ContractTest, EveryColumnMeansThoseThatNothingElseNames) {
  mapping_.keeps_unmapped = true;
  const auto outcome = apply_contract(mapping_, before_, columns({{"more", "text"}}), false);
  EXPECT_THAT(outcome->mapping.custom_fields, ElementsAre("floor", "more"));
}

TEST_F(ContractTest, AStrategyDoesNotOutliveItsColumn) {
  mapping_.strategy = config::Strategy::change;
  mapping_.fields.push_back({.field = "updated_at", .column = "floor"});
  const auto refused = apply_contract(mapping_, before_, without("floor"), true);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("the column 'floor' went, by which updated_at tells what is new"));
}

// JSON: an absent key is a NULL, so that only what a record must have is missed.
TEST_F(ContractTest, WhatOnlyReadingTellsIsComparedAfterwards) {
  auto outcome = apply_contract(mapping_, before_, std::nullopt, false);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(config::may_be_absent(outcome->mapping, "title"));
  EXPECT_FALSE(config::may_be_absent(outcome->mapping, "tittle")) << "a name that never was is a mistake";
  const std::vector<SourceColumn> seen = {{"id"}, {"place"}, {"more"}};
  ASSERT_TRUE(compare_seen(before_, seen, false, *outcome));
  ASSERT_EQ(outcome->changes.size(), 2u);
  EXPECT_EQ(outcome->changes[0].column, "more");
  EXPECT_EQ(outcome->changes[1].column, "title");
  EXPECT_THAT(outcome->columns.gone, ElementsAre("title"));
  mapping_.contract = Contract::freeze;
  auto frozen = apply_contract(mapping_, before_, std::nullopt, false);
  EXPECT_FALSE(compare_seen(before_, seen, false, *frozen));
}

// ... and that a record has it for the first time is no change of the source.
TEST_F(ContractTest, WhatAFieldReadsIsNotNewWhenARecordHasItAtLast) {
  mapping_.fields.push_back({.field = "category", .column = "answers.0.text"});
  mapping_.contract = Contract::freeze;
  auto outcome = apply_contract(mapping_, before_, std::nullopt, false);
  ASSERT_TRUE(outcome);
  std::vector<SourceColumn> seen = before_.present;
  seen.push_back({"answers.0.text"});
  ASSERT_TRUE(compare_seen(before_, seen, false, *outcome));
  EXPECT_TRUE(outcome->changes.empty());
  EXPECT_THAT(outcome->columns.present, testing::Contains(SourceColumn{"answers.0.text"}));
}

}  // namespace
}  // namespace deskhouse::pipeline
