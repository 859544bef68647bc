// The fold is a function of the set of events: whatever their order, repetition and split.
#include "events/document.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

#include "schema/catalog.h"

namespace deskhouse::events {
namespace {

constexpr std::size_t kColumns = 4;

Document document(std::initializer_list<const char*> cells) {  // nullptr: not stated
  Document made;
  for (const auto* cell : cells) made.push_back(cell ? Cell{true, std::string(cell)} : Cell{});
  return made;
}

SeenEvent whole(std::int64_t at, const Document& says) {
  return {{at, 0, false, hash_of(says, {at}, "")}, says};
}
SeenEvent part(std::int64_t at, const Document& says) {
  return {{at, 0, true, hash_of(says, {at}, "")}, says};
}

TEST(Fold, APartChangesOnlyWhatItStates) {
  const auto folded = fold({part(20, document({nullptr, "Closed"})), whole(10, document({"a", "Open"}))});
  EXPECT_EQ(folded.state, document({"a", "Closed"}));
  EXPECT_EQ(folded.keep.size(), 2u);
}

TEST(Fold, AWholeDocumentReplacesWhatWasSaidBeforeIt) {
  const auto folded = fold({whole(10, document({"a", "Open"})), part(20, document({nullptr, "Closed"})),
                            whole(30, document({"b", "Pending"}))});
  EXPECT_EQ(folded.state, document({"b", "Pending"}));
  EXPECT_TRUE(folded.keep.empty()) << "the row says it all";
}

TEST(Fold, OfTheSameTimeAPartComesAfterTheWhole) {
  const auto folded = fold({part(10, document({nullptr, "Closed"})), whole(10, document({"a", "Open"}))});
  EXPECT_EQ(folded.state, document({"a", "Closed"}));
}

TEST(Fold, PartsWaitForAWholeDocument) {
  const auto folded = fold({part(10, document({nullptr, "Closed"})), part(20, document({"b", nullptr}))});
  EXPECT_FALSE(folded.state.has_value());
  EXPECT_EQ(folded.keep.size(), 2u);
}

TEST(Fold, StatedNullIsNotUnstated) {
  Document nobody(2);
  nobody[1].stated = true;
  const auto folded = fold({whole(10, document({"a", "Open"})), part(20, nobody)});
  EXPECT_EQ(folded.state->at(1).text, std::nullopt);
}

std::vector<SeenEvent> any_events() {
  return *rc::gen::container<std::vector<SeenEvent>>(rc::gen::exec([] {
    const auto at = *rc::gen::inRange<std::int64_t>(0, 6);
    const bool is_whole = *rc::gen::inRange(0, 3) == 0;
    Document says(kColumns);
    for (auto& cell : says) {
      cell.stated = is_whole || *rc::gen::arbitrary<bool>();
      if (cell.stated && *rc::gen::inRange(0, 4) > 0) cell.text = std::to_string(*rc::gen::inRange(0, 3));
    }
    return is_whole ? whole(at, says) : part(at, says);
  }));
}

RC_GTEST_PROP(FoldProperty, OrderAndRepetitionChangeNothing, ()) {
  auto events = any_events();
  const auto wanted = fold(events);
  std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
  auto mixed = events;
  if (!events.empty()) mixed.push_back(events[random() % events.size()]);
  std::ranges::shuffle(mixed, random);
  RC_ASSERT(fold(mixed).state == wanted.state);
}

// What is not kept is what the row of the record tells: without kept events it stands for the last whole document.
RC_GTEST_PROP(FoldProperty, FoldingInPiecesChangesNothing, ()) {
  const auto events = any_events();
  std::vector<SeenEvent> known;
  for (const auto& event : events) {
    known.push_back(event);
    const auto folded = fold(known);
    if (!folded.keep.empty() || !folded.state) {
      known = folded.keep;
      continue;
    }
    const auto last = std::ranges::max(known, [](const auto& a, const auto& b) {
      return std::pair(!a.order.is_partial, a.order) < std::pair(!b.order.is_partial, b.order);
    });
    known = {last};
  }
  RC_ASSERT(fold(known).state == fold(events).state);
}

TEST(Document, JsonKeepsWhatIsStated) {
  const auto& entity = *schema::find_entity("groups");
  Document document(entity.columns.size());
  document[0] = {true, "G\"1"};
  document[2] = {true, std::nullopt};
  EXPECT_EQ(from_json(to_json(document, entity), entity), document);
}

}  // namespace
}  // namespace deskhouse::events
