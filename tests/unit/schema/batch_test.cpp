#include "schema/batch.h"

#include <gtest/gtest.h>

#include "schema/entities.h"

namespace deskhouse::schema {
namespace {

Group group(Text id, Maybe<Text> calendar) {
  return Group{.id = id, .name = "Network", .calendar = calendar, .updated_at = Timestamp{5}, .is_deleted = false};
}

TEST(Batch, KeepsTypedValuesAndNulls) {
  Batch batch(batch_columns(describe(kGroups)));
  append_row(batch, kGroups, group("G1", "office"), "desk");
  append_row(batch, kGroups, group("G2", std::nullopt), "desk");
  ASSERT_EQ(batch.rows(), 2u);
  const auto& calendar = batch.column(batch.find("calendar"));
  EXPECT_EQ(calendar.text(0), "office");
  EXPECT_TRUE(calendar.is_null(1));
  EXPECT_EQ(calendar.null_count(), 1u);
  EXPECT_EQ(batch.column(batch.find("updated_at")).int64(1), 5);
  EXPECT_EQ(batch.find("nothing"), Batch::npos);
}

TEST(Batch, ReferencesGetTheKeyOfTheReferencedRecord) {
  EXPECT_EQ(key_column_name("requester_id"), "requester_key");
  EXPECT_EQ(key_column_name("assigned_to"), "assigned_to_key");
  Batch batch(batch_columns(describe(kDepartments)));
  Department row{.id = "D1", .name = "Sales", .head_user_id = "U7", .is_deleted = false};
  append_row(batch, kDepartments, row, "desk");
  row.head_user_id = std::nullopt;
  append_row(batch, kDepartments, row, "desk");
  row.head_user_id = "";
  append_row(batch, kDepartments, row, "desk");
  const auto& key = batch.column(batch.find("head_user_key"));
  EXPECT_EQ(key.int64(0), natural_key("desk", "U7"));
  EXPECT_TRUE(key.is_null(1));
  EXPECT_TRUE(key.is_null(2)) << "a stated nobody is no reference";
}

TEST(Batch, TruncateForgetsRowsAndTheirNulls) {
  Batch batch(batch_columns(describe(kGroups)));
  for (int i = 0; i < 20; ++i)
    append_row(batch, kGroups, group("G", i % 2 == 0 ? Maybe<Text>("office") : std::nullopt), "desk");
  batch.truncate(9);
  const auto& calendar = batch.column(batch.find("calendar"));
  EXPECT_EQ(batch.rows(), 9u);
  EXPECT_EQ(calendar.null_count(), 4u);
  append_row(batch, kGroups, group("G9", "night"), "desk");
  EXPECT_EQ(calendar.text(9), "night");
  EXPECT_FALSE(calendar.is_null(9));
  batch.clear();
  EXPECT_EQ(batch.rows(), 0u);
  EXPECT_EQ(calendar.null_count(), 0u);
}

TEST(Batch, RowsMoveBetweenBatchesOfOneEntity) {
  Batch from(batch_columns(describe(kGroups))), to(batch_columns(describe(kGroups)));
  append_row(from, kGroups, group("G1", std::nullopt), "desk");
  append_row(from, kGroups, group("G2", "office"), "desk");
  to.append_row(from, 1);
  to.append_row(from, 0);
  EXPECT_EQ(to.column(to.find("id")).text(0), "G2");
  EXPECT_TRUE(to.column(to.find("calendar")).is_null(1));
}

}  // namespace
}  // namespace deskhouse::schema
