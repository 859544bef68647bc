#include "staging/id_reader.h"

#include <gtest/gtest.h>

#include "unit/staging/raw.h"

namespace deskhouse::staging {
namespace {

// The keys that an IdReader makes of cells in the order of its raw_columns().
std::vector<std::optional<std::int64_t>> keys_of(const EntityMapping& mapping,
                                                 const std::vector<std::vector<Cell>>& rows) {
  auto ids = IdReader::make(mapping).value();
  RawMaker texts;
  const auto batch = texts.batch(rows);
  std::vector<std::optional<std::int64_t>> keys;
  for (const auto& record : batch.records)
    keys.push_back(ids.key({batch.fields.data() + record.first_field, ids.raw_columns().size()}));
  return keys;
}

TEST(IdReader, AsksForNothingButWhatTheIdIsMadeOf) {
  auto mapping =
      tickets({column("subject"), column("category"), {.field = "id", .template_ = "{team}-{number}", .line = 9}});
  EXPECT_EQ(IdReader::make(mapping).value().raw_columns(), (std::vector<std::string>{"team", "number"}));
  EXPECT_EQ(IdReader::make(tickets({column("subject")})).value().raw_columns(), std::vector<std::string>{"id"});
}

TEST(IdReader, MakesTheKeysThatTheStagerMakes) {
  auto mapping = tickets({{.field = "id", .template_ = "{team}-{number}", .null_words = {"?"}, .line = 9}});
  const std::vector<std::vector<Cell>> rows = {{" A ", "1"}, {"B", "?"}, {"?", "?"}};
  const auto keys = keys_of(mapping, rows);
  const Staged staged(mapping, rows);
  ASSERT_EQ(staged.out.key.size(), 2u) << "the third has no id";
  EXPECT_EQ(keys[0], staged.out.key[0]);
  EXPECT_EQ(keys[1], staged.out.key[1]);
  EXPECT_EQ(keys[2], std::nullopt);
}

TEST(IdReader, AMistakeInTheMappingIsTold) {
  auto mapping = tickets({{.field = "sujet", .column = "x", .line = 9}});
  EXPECT_FALSE(IdReader::make(mapping));
}

}  // namespace
}  // namespace deskhouse::staging
