#include "staging/stager.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>
#include <set>

#include "base/keys.h"
#include "unit/staging/raw.h"

namespace deskhouse::staging {
namespace {

TEST(Stager, RowsCarryWhatOrdersAndIdentifiesThem) {
  auto mapping = tickets({column("updated_at"), column("version")});
  RawMaker raw;
  auto stager = make_stager(mapping).value();
  StagedBatch out(*schema::find_entity("tickets"));
  stager->stage(raw.batch({{"INC1", "2024-01-02T00:00:00Z", "7"}, {" INC2", "2024-01-03T00:00:00Z", ""}}, 3, 11), out);
  ASSERT_EQ(out.rows.rows(), 2u);
  EXPECT_EQ(out.extracted, 2u);
  EXPECT_EQ(out.key[0], natural_key("desk", "INC1"));
  EXPECT_EQ(out.key[1], natural_key("desk", "INC2")) << "of the standardised id";
  EXPECT_EQ(out.updated_us[0], parse_iso_timestamp("2024-01-02T00:00:00Z")->us);
  EXPECT_EQ(out.version[0], 7);
  EXPECT_EQ(out.version[1], 0);
  EXPECT_EQ(out.position[0], (std::int64_t{3} << kPositionFileShift) | 11);
  EXPECT_EQ(out.position[1], out.position[0] + 1);
}

TEST(Stager, ARecordThatSaysTheSameAgainTakesThePlaceOfTheRowBeforeIfAsked) {
  const auto mapping = tickets({column("updated_at"), column("version")});
  const std::vector<std::vector<Cell>> rows = {{"a", "2024-01-02T00:00:00Z", "1"},
                                               {" a", "2024-01-02T00:00:00Z", "1"},
                                               {"a", "2024-01-02T00:00:00Z", "2"},
                                               {"b", "2024-01-02T00:00:00Z", "2"},
                                               {"b", "no time", "2"},
                                               {"b", "2024-01-02T00:00:00Z", "2"},
                                               {"a", "2024-01-02T00:00:00Z", "1"}};
  RawMaker raw;
  for (const auto repeats : {Repeats::keep, Repeats::merge}) {
    auto stager = make_stager(mapping, repeats).value();
    StagedBatch out(*schema::find_entity("tickets"));
    stager->stage(raw.batch(rows, 0, 1), out);
    EXPECT_EQ(out.extracted, 7u);
    EXPECT_EQ(out.rejects.size(), 1u);
    EXPECT_EQ(out.rows.rows() + out.repeats, 6u);
    const std::vector<std::int64_t> all = {1, 2, 3, 4, 6, 7}, merged = {2, 3, 6, 7};
    EXPECT_EQ(out.position, repeats == Repeats::keep ? all : merged);
    EXPECT_EQ(out.key.size(), out.position.size());
    EXPECT_EQ(out.row_hash.size(), out.position.size());
    EXPECT_EQ(out.updated_us.size(), out.position.size());
    EXPECT_EQ(out.version.size(), out.position.size());
    EXPECT_EQ(out.rows.rows(), out.position.size());
  }
}

TEST(Stager, UpdatesOfTheFutureAreRejected) {
  auto mapping = tickets({column("updated_at"), column("version")});
  RawMaker raw;
  auto stager = make_stager(mapping).value();
  stager->refuse_updates_after(*parse_iso_timestamp("2024-01-02T00:00:00Z"));
  StagedBatch out(*schema::find_entity("tickets"));
  stager->stage(raw.batch({{"a", "2024-01-02T00:00:00Z", "1"},
                           {"b", "2024-01-02T00:00:00.000001Z", "x"},
                           {"c", "not a time", "1"},
                           {"d", "2024-01-01T00:00:00Z", "1"}},
                          0, 1),
                out);
  EXPECT_EQ(out.rows.rows(), 2u);
  ASSERT_EQ(out.rejects.size(), 2u);
  ASSERT_EQ(out.rejects[0].reasons.size(), 2u) << "all reasons";
  EXPECT_EQ(out.rejects[0].reasons[1].field, "updated_at");
  EXPECT_EQ(out.rejects[0].reasons[1].reason, "is in the future: later than 2024-01-02T00:00:00Z");
  EXPECT_EQ(out.rejects[1].reasons.size(), 1u) << "the record before has no say in it";
}

TEST(Stager, EventsAreOrderedByWhenTheyHappened) {
  EntityMapping mapping{.source = "desk", .entity = "ticket_events", .line = 3};
  mapping.fields = {column("ticket_id"), column("event_at"), column("status")};
  const Staged staged(mapping, {{"INC1", "2024-01-02T00:00:00Z", "open"}});
  ASSERT_EQ(staged.out.rows.rows(), 1u) << staged.error;
  EXPECT_EQ(staged.out.updated_us[0], parse_iso_timestamp("2024-01-02T00:00:00Z")->us);
  EXPECT_EQ(staged.cell("status"), "Open");
}

TEST(Stager, EventsWithoutAnIdGetOneFromTheirRawFields) {
  EntityMapping mapping{.source = "desk", .entity = "ticket_events", .line = 3};
  mapping.fields = {column("ticket_id"), column("event_at"), column("status")};
  const Staged staged(mapping, {{"INC1", "2024-01-02T00:00:00Z", "open"},
                                {"INC1", "2024-01-02T00:00:00Z", "open"},
                                {"INC1", "2024-01-02T00:00:00Z", ""},
                                {"INC1", "2024-01-02T00:00:00Z", std::nullopt}});
  ASSERT_EQ(staged.out.rows.rows(), 4u) << staged.error;
  EXPECT_EQ(staged.cell("id")->size(), 32u);
  EXPECT_EQ(staged.cell("id", 0), staged.cell("id", 1)) << "the same event again";
  EXPECT_NE(staged.cell("id", 0), staged.cell("id", 2));
  EXPECT_NE(staged.cell("id", 2), staged.cell("id", 3)) << "NULL is not empty text";
}

TEST(Stager, EventsWithAMappedIdNeedIt) {
  EntityMapping mapping{.source = "desk", .entity = "ticket_events", .line = 3};
  mapping.fields = {column("id"), column("ticket_id"), column("event_at")};
  EXPECT_EQ(Staged(mapping, {{"", "INC1", "2024-01-02T00:00:00Z"}}).out.rejects.size(), 1u);
  mapping.fields[0].optional = true;
  EXPECT_EQ(Staged(mapping, {{"", "INC1", "2024-01-02T00:00:00Z"}}).out.rejects.size(), 0u);
}

TEST(Stager, RejectsKeepAllReasonsAndTheWholeRecord) {
  auto mapping = tickets({column("status"), column("created_at"), column("reopen_count")});
  const Staged staged(mapping, {{"INC1", "Lost", "20245-01-01", "x"}, {"INC2", "Open", "2024-01-01", "1"}});
  ASSERT_EQ(staged.out.rejects.size(), 1u) << staged.error;
  EXPECT_EQ(staged.out.rows.rows(), 1u);
  EXPECT_EQ(staged.out.extracted, 2u);
  const auto& reject = staged.out.rejects[0];
  EXPECT_EQ(reject.file, "data.csv");
  EXPECT_EQ(reject.record, 1);
  EXPECT_EQ(reject.line, 2);
  EXPECT_EQ(reject.position, 1);
  EXPECT_EQ(reject.id, "INC1");
  EXPECT_EQ(reject.raw, "INC1,Lost,20245-01-01,x");
  ASSERT_EQ(reject.reasons.size(), 3u);
  EXPECT_EQ(reject.reasons[0].field, "status");
  EXPECT_EQ(reject.reasons[1].reason, "year 20245 is out of 1970..2100");
  EXPECT_EQ(reject.reasons[2].value, "x");
}

TEST(Stager, ARecordThatCannotBeSplitHasThatReasonOnly) {
  auto stager = make_stager(tickets({column("status")})).value();
  StagedBatch out(*schema::find_entity("tickets"));
  RawMaker raw;
  auto batch = raw.batch({{"INC1", "half"}, {"INC2", "Open"}});
  batch.defects.push_back({"", "unterminated quote"});
  batch.records[0].defect = 0;
  stager->stage(batch, out);
  ASSERT_EQ(out.rejects.size(), 1u);
  EXPECT_EQ(out.rejects[0].id, "INC1");
  ASSERT_EQ(out.rejects[0].reasons.size(), 1u);
  EXPECT_EQ(out.rejects[0].reasons[0].field, "");
  EXPECT_EQ(out.rejects[0].reasons[0].reason, "unterminated quote");
  EXPECT_EQ(out.rows.rows(), 1u) << "the next record is read as usual";
}

TEST(Stager, ADefectOfOneFieldIsToldBesideTheOtherReasons) {
  auto mapping = tickets({column("status"), {.field = "description", .column = "Long text"}});
  auto stager = make_stager(mapping).value();
  StagedBatch out(*schema::find_entity("tickets"));
  RawMaker raw;
  auto batch = raw.batch({{"INC1", "bad \xFF", "Lost\xFF"}});
  batch.defects.push_back({"Long text", "not valid UTF-8"});
  batch.records[0].defect = 0;
  stager->stage(batch, out);
  ASSERT_EQ(out.rejects.size(), 1u);
  ASSERT_EQ(out.rejects[0].reasons.size(), 2u);
  EXPECT_EQ(out.rejects[0].reasons[0].field, "description") << "in the words of the schema";
  EXPECT_EQ(out.rejects[0].reasons[1].field, "status");
  EXPECT_EQ(out.rejects[0].reasons[1].value, "Lost\xEF\xBF\xBD") << "broken bytes are replaced in what is shown";
  EXPECT_EQ(out.rejects[0].raw, "INC1,bad \xFF,Lost\xFF") << "and kept in the record";
}

TEST(RowHash, IsOfTheCanonicalValuesOnly) {
  auto mapping = tickets({column("status"), column("description")});
  const Staged staged(
      mapping,
      {{"1", "a", "Open"}, {" 1 ", "a ", "open"}, {"1", "", "Open"}, {"1", "b", "Open"}, {"1", "a", "Closed"}});
  ASSERT_EQ(staged.out.rows.rows(), 5u) << staged.error;
  const auto& hash = staged.out.row_hash;
  EXPECT_EQ(hash[0], hash[1]);
  EXPECT_EQ((std::set<std::int64_t>{hash[0], hash[2], hash[3], hash[4]}).size(), 4u);
}

TEST(RowHash, NeighboursDoNotRunIntoEachOther) {
  auto mapping = tickets({column("description"), column("type")});
  const Staged staged(mapping, {{"1", "ab", "c"}, {"1", "a", "bc"}, {"1", "abc", ""}, {"1", "", "abc"}});
  const auto& hash = staged.out.row_hash;
  EXPECT_EQ((std::set<std::int64_t>(hash.begin(), hash.end())).size(), 4u);
}

TEST(StagedBatch, ClearForgetsEverything) {
  Staged staged(tickets({column("status")}), {{"1", "Open"}, {"2", "x"}});
  staged.out.clear();
  EXPECT_EQ(staged.out.rows.rows() + staged.out.key.size() + staged.out.rejects.size() + staged.out.extracted, 0u);
}

TEST(Stager, EveryEntityIsReadFromColumnsOfItsOwnNames) {
  for (const auto& table : schema::entities()) {
    EntityMapping mapping{.source = "desk", .entity = std::string(table.name), .line = 3};
    std::vector<Cell> cells;
    for (const auto& c : table.columns) {
      mapping.fields.push_back(column(std::string(c.name)));
      switch (c.type) {
        case schema::Type::text:
          cells.emplace_back(c.traits.allowed.empty() ? "Text" : std::string(c.traits.allowed[0]));
          break;
        case schema::Type::boolean:
          cells.emplace_back("true");
          break;
        case schema::Type::integer:
          cells.emplace_back("12");
          break;
        case schema::Type::decimal:
          cells.emplace_back("12.5");
          break;
        case schema::Type::timestamp:
          cells.emplace_back("2024-03-05T14:07:09Z");
          break;
        case schema::Type::date:
          cells.emplace_back("2024-03-05");
          break;
        case schema::Type::json:
          cells.emplace_back("{\"a\":1}");
          break;
      }
    }
    const Staged staged(mapping, {cells});
    ASSERT_EQ(staged.error, "");
    ASSERT_EQ(staged.out.rows.rows(), 1u) << table.name;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const auto& c = table.columns[i];
      const auto expected = c.traits.lower_case ? "text" : *cells[i];
      EXPECT_EQ(staged.cell(c.name), expected) << table.name << "." << c.name;
    }
  }
}

// Everything that stage() says, as text.
std::string everything(const StagedBatch& out) {
  std::string all;
  for (std::size_t row = 0; row < out.rows.rows(); ++row) {
    for (std::size_t c = 0; c < out.rows.columns().size(); ++c) {
      const auto& data = out.rows.column(c);
      if (data.is_null(row))
        all += "NULL|";
      else if (data.storage() == schema::Storage::text)
        all += std::string(data.text(row)) + "|";
      else if (data.storage() == schema::Storage::boolean)
        all += data.boolean(row) ? "t|" : "f|";
      else
        all += std::to_string(data.int64(row)) + "|";
    }
    for (const auto number :
         {out.key[row], out.updated_us[row], out.version[row], out.position[row], out.row_hash[row]})
      all += std::to_string(number) + ";";
    all += "\n";
  }
  for (const auto& reject : out.rejects) {
    all += std::to_string(reject.position) + reject.id + reject.raw;
    for (const auto& reason : reject.reasons) all += reason.field + reason.reason + reason.value;
    all += "\n";
  }
  return all;
}

RC_GTEST_PROP(StagerProperty, HowRecordsAreCutIntoBatchesChangesNothing, ()) {
  auto mapping = tickets({column("status"), column("priority"), column("created_at"), column("description")});
  mapping.null_words = {"?"};
  mapping.custom_fields = {"extra"};
  mapping.time_zone = TimeZone::load("Europe/Amsterdam").value();
  const std::vector<std::string> statuses{"Open", " closed ", "Lost"}, any{"", "?", "High", "x\"y", "INC7", " INC8 "},
      times{"2024-03-31 02:30", "2016-02-29", "20245-01-01"};
  const auto names = make_stager(mapping).value()->raw_columns();
  const int count = *rc::gen::inRange(0, 30);
  std::vector<std::vector<Cell>> rows;
  for (int i = 0; i < count; ++i) {
    std::vector<Cell> row;
    for (const auto& name : names) {
      const auto& words = name == "status" ? statuses : name == "created_at" ? times : any;
      row.push_back(*rc::gen::inRange(0, 8) == 0 ? std::nullopt : Cell(*rc::gen::elementOf(words)));
    }
    rows.push_back(std::move(row));
  }
  const Staged whole(mapping, rows);
  RC_ASSERT(whole.error.empty());
  RC_ASSERT(whole.out.extracted == whole.out.rows.rows() + whole.out.rejects.size());

  auto stager = make_stager(mapping).value();
  StagedBatch parts(*schema::find_entity("tickets"));
  RawMaker raw;
  for (int from = 0; from < count;) {
    const int to = *rc::gen::inRange(from + 1, count + 1);
    stager->stage(raw.batch({rows.begin() + from, rows.begin() + to}, 0, from + 1), parts);
    from = to;
  }
  RC_ASSERT(everything(parts) == everything(whole.out));
  RC_ASSERT(parts.extracted == whole.out.extracted);
}

// Whether it is sure which record a reject is: a sweep takes one that is not among those it knows for deleted.
TEST(Stager, ARejectKnowsItsRecordUnlessItsFieldsAreNotWhereTheyShouldBe) {
  auto mapping = tickets({column("created_at")});
  RawMaker texts;
  auto raw = texts.batch({{"a", "never"}, {std::nullopt, "never"}, {"b", "x"}, {"c", "x"}, {"d,x", std::nullopt}});
  raw.defects = {{"", "unterminated quote"}, {"created_at", "is missing", true}, {"id", "unterminated quote", true}};
  raw.records[4].defect = 2;
  raw.records[2].defect = 0;
  raw.records[3].defect = 1;
  auto stager = make_stager(mapping).value();
  StagedBatch out(*schema::find_entity("tickets"));
  stager->stage(raw, out);
  ASSERT_EQ(out.rejects.size(), 5u);
  EXPECT_EQ(out.rejects[4].key, std::nullopt) << "torn within it";
  EXPECT_EQ(out.rejects[0].key, natural_key("desk", "a"));
  EXPECT_EQ(out.rejects[1].key, std::nullopt);
  EXPECT_EQ(out.rejects[2].key, std::nullopt) << "the text may stand anywhere";
  EXPECT_EQ(out.rejects[3].key, natural_key("desk", "c")) << "torn behind the id";
}

TEST(Stager, DiscardsValuesOnlyWhereTheContractSaysSoAndTheFieldMayBeNull) {
  auto mapping = tickets({column("created_at"), column("due_at"), column("reopen_count")});
  const std::vector<std::vector<Cell>> rows = {
      {"a", "2024-01-01", "soon", "many"}, {"b", "never", "soon", "1"}, {"c", "2024-01-01", "2024-01-09", "2"}};
  EXPECT_EQ(Staged(mapping, rows).out.rejects.size(), 2u);
  mapping.contract = config::Contract::discard_value;
  const Staged staged(mapping, rows);
  ASSERT_EQ(staged.out.rows.rows(), 2u);
  EXPECT_EQ(staged.cell("due_at", 0), std::nullopt);
  EXPECT_EQ(staged.cell("due_at", 1), "2024-01-09T00:00:00Z");
  ASSERT_EQ(staged.out.rejects.size(), 1u);
  EXPECT_EQ(staged.out.rejects[0].reasons.size(), 1u) << "what was discarded is no reason";
  ASSERT_EQ(staged.out.discards.size(), 2u) << "those of a rejected record are in its raw bytes";
  EXPECT_EQ(staged.out.discards[0].field, "due_at");
  EXPECT_EQ(staged.out.discards[0].value, "soon");
  EXPECT_EQ(staged.out.discards[0].id, "a");
  EXPECT_EQ(staged.out.discards[0].raw, "a,2024-01-01,soon,many");
  EXPECT_EQ(staged.out.discards[1].reason, "not a whole number");
  EXPECT_EQ(staged.counts("due_at").discarded, 1);
  EXPECT_EQ(staged.counts("reopen_count").discarded, 1);
}

TEST(Stager, AFieldMayHaveAContractOfItsOwn) {
  auto mapping = tickets({column("due_at"), column("reopen_count")});
  const std::vector<std::vector<Cell>> rows = {{"a", "soon", "1"}, {"b", "2024-01-09", "many"}};
  mapping.fields[0].contract = config::Contract::discard_value;
  ASSERT_EQ(mapping.fields[0].field, "due_at");
  const Staged lenient(mapping, rows);
  ASSERT_EQ(lenient.out.discards.size(), 1u);
  EXPECT_EQ(lenient.out.discards[0].field, "due_at");
  ASSERT_EQ(lenient.out.rejects.size(), 1u);
  EXPECT_EQ(lenient.out.rejects[0].reasons[0].field, "reopen_count");
  mapping.contract = config::Contract::discard_value;
  mapping.fields[0].contract = config::Contract::evolve;
  const Staged strict(mapping, rows);
  ASSERT_EQ(strict.out.discards.size(), 1u);
  EXPECT_EQ(strict.out.discards[0].field, "reopen_count");
  EXPECT_EQ(strict.out.rejects.size(), 1u);
}

TEST(Stager, AColumnThatWentIsAFaultWhereARecordNeedsIt) {
  auto mapping = tickets({column("subject"), column("due_at")});
  mapping.gone = {"subject", "due_at"};
  const std::vector<std::vector<Cell>> rows = {{"a", std::nullopt, std::nullopt}};
  const Staged staged(mapping, rows);
  ASSERT_EQ(staged.out.rejects.size(), 1u);
  ASSERT_EQ(staged.out.rejects[0].reasons.size(), 1u);
  EXPECT_EQ(staged.out.rejects[0].reasons[0].reason, "the source no longer has the column 'subject'");
  mapping.contract = config::Contract::discard_row;
  EXPECT_EQ(Staged(mapping, rows).out.rejects.at(0).reasons.size(), 2u);
}

}  // namespace
}  // namespace deskhouse::staging
