#include "staging/raw_block.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace deskhouse::staging {
namespace {

TEST(RawBlock, GivesBackEveryRecordAsItWas) {
  const std::vector<std::string> raws = {"1,a,b", "", std::string("with\0nul\xFF", 9), std::string(100'000, 'x')};
  sources::RawBatch batch;
  batch.file = "tickets.csv";
  batch.file_index = 2;
  for (std::size_t i = 0; i < raws.size(); ++i) {
    sources::RawRecord record;
    record.position = static_cast<std::int64_t>(i) + 11;
    record.raw = raws[i];
    batch.records.push_back(record);
  }
  const auto block = encode_raw_block(batch);
  EXPECT_EQ(block.records, 4);
  EXPECT_EQ(block.first_position, (std::int64_t{2} << 40) + 11);
  EXPECT_LT(block.payload.size(), 10'000u);
  std::vector<std::string> back;
  ASSERT_TRUE(decode_raw_block(block.payload, [&](std::string_view raw) { back.emplace_back(raw); }));
  EXPECT_EQ(back, raws);
}

TEST(RawBlock, BrokenPayloadIsNoBlock) {
  EXPECT_FALSE(decode_raw_block("not a block", [](std::string_view) {}));
  EXPECT_FALSE(decode_raw_block("", [](std::string_view) {}));
}

}  // namespace
}  // namespace deskhouse::staging
