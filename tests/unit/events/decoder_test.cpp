// Which messages are whole records, which are parts, and which cannot be events.
#include "events/decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace deskhouse::events {
namespace {

constexpr const char* kWhole =
    R"({"event_type":"ticket.updated","timestamp":"2024-03-01T10:00:00Z","data":{"id":"T1","subject":"s","status":"Open",)"
    R"("priority":"High","category":"Mail","requester_id":"U1","created_at":"2024-03-01T09:00:00Z","updated_at":"2024-03-01T10:00:00Z"}})";

class DecoderTest : public testing::Test {
 protected:
  DecoderTest() : decoder_(*Decoder::make(config::canonical_mapping("desk", "tickets"))) { from_.places = {{"t", 3}}; }

  Decoded decode(std::initializer_list<std::string> payloads) {
    for (const auto& payload : payloads) {
      from_.buffers.push_back(std::make_shared<char[]>(payload.size() + kPadding));
      std::memcpy(from_.buffers.back().get(), payload.data(), payload.size());
      from_.messages.push_back({0,
                                static_cast<std::int64_t>(100 + 2 * from_.messages.size()),
                                {from_.buffers.back().get(), payload.size()}});
    }
    std::vector<const Message*> messages;
    for (const auto& message : from_.messages) messages.push_back(&message);
    Decoded decoded;
    decoder_->decode(messages, from_, decoded);
    return decoded;
  }
  std::string reason(const std::string& payload) {
    from_.messages.clear();
    const auto decoded = decode({payload});
    if (decoded.whole.empty() || decoded.whole.front().defects.empty()) return "";
    return decoded.whole.front().defects.front().reason;
  }
  const Cell& cell(const PartialEvent& partial, const char* column) {
    return partial.event.document[decoder_->entity().find(column)];
  }

  std::unique_ptr<Decoder> decoder_;
  MessageBatch from_;
};

TEST_F(DecoderTest, WholeRecordsStandForThemselves) {
  const auto decoded = decode({kWhole, kWhole});
  ASSERT_EQ(decoded.whole.size(), 1u);
  EXPECT_TRUE(decoded.partial.empty());
  const auto& batch = decoded.whole.front();
  EXPECT_EQ(batch.file, "t/3");
  EXPECT_EQ(batch.records[1].position, 2) << "numbered without gaps";
  EXPECT_EQ(batch.records[1].line, 102) << "the offset";
  EXPECT_EQ(batch.records[0].raw, kWhole);
  const auto whole = decoder_->read_whole(batch, batch.records[0]);
  ASSERT_TRUE(whole);
  EXPECT_FALSE(whole->order.is_partial);
  EXPECT_EQ(whole->document[decoder_->entity().find("assigned_to")], (Cell{true, std::nullopt}));
}

TEST_F(DecoderTest, APartStatesWhatItMentions) {
  const auto decoded =
      decode({R"({"event_type":"assigned","timestamp":1709287200,"data":{"id":"T1","assigned_to":null}})"});
  ASSERT_EQ(decoded.partial.size(), 1u);
  const auto& partial = decoded.partial.front();
  EXPECT_EQ(partial.id, "T1");
  EXPECT_EQ(cell(partial, "assigned_to"), (Cell{true, std::nullopt}));
  EXPECT_FALSE(cell(partial, "status").stated);
  EXPECT_EQ(cell(partial, "updated_at"), (Cell{true, "2024-03-01T10:00:00Z"})) << "the time of the event";
  EXPECT_EQ(cell(partial, "is_deleted"), (Cell{true, "false"}));
}

TEST_F(DecoderTest, ADeletionNeedsTheIdOnly) {
  const auto decoded =
      decode({R"({"event_type":"ticket_deleted","timestamp":"2024-03-01T10:00:00Z","data":{"id":7}})"});
  ASSERT_EQ(decoded.partial.size(), 1u);
  EXPECT_EQ(decoded.partial.front().id, "7");
  EXPECT_EQ(cell(decoded.partial.front(), "is_deleted"), (Cell{true, "true"}));
}

TEST_F(DecoderTest, TheEnvelopeMaySayWhatIsWhole) {
  std::string whole = kWhole, part = kWhole;
  whole.replace(whole.find(R"("data")"), 0, R"("partial":false,)");
  part.replace(part.find(R"("data")"), 0, R"("partial":true,)");
  const auto decoded = decode({whole, part});
  EXPECT_EQ(decoded.whole.front().records.size(), 1u);
  EXPECT_EQ(decoded.partial.size(), 1u);
}

TEST_F(DecoderTest, WhatIsNoEventSaysWhy) {
  using testing::HasSubstr;
  EXPECT_THAT(reason("{"), HasSubstr("invalid JSON"));
  EXPECT_THAT(reason(""), HasSubstr("empty message"));
  EXPECT_THAT(reason("[1]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(reason(R"({"timestamp":"2024-03-01T10:00:00Z","data":{}})"), HasSubstr("no event_type"));
  EXPECT_THAT(reason(R"({"event_type":"exploded","timestamp":"2024-03-01T10:00:00Z"})"),
              HasSubstr("unknown event type"));
  EXPECT_THAT(reason(R"({"event_type":"recreated","timestamp":"2024-03-01T10:00:00Z"})"),
              HasSubstr("unknown event type"));
  EXPECT_THAT(reason(R"({"event_type":"updated","data":{"id":"1"}})"), HasSubstr("no timestamp"));
  EXPECT_THAT(reason(R"({"event_type":"updated","timestamp":"2024-03-01 10:00","data":{"id":"1"}})"),
              HasSubstr("no time"));
  EXPECT_THAT(reason(R"({"event_type":"updated","timestamp":1709287200,"data":[]})"), HasSubstr("no data"));
  EXPECT_THAT(reason(R"({"event_type":"updated","timestamp":1709287200,"data":{"status":"Open"}})"),
              HasSubstr("id is missing"));
  EXPECT_THAT(
      reason(R"({"event_type":"updated","timestamp":1709287200,"data":{"id":"1","status":"Odd","priority":"Odd"}})"),
      testing::AllOf(HasSubstr("status: "), HasSubstr("priority: ")))
      << "all reasons, not the first";
}

TEST_F(DecoderTest, PeopleHaveToComeWhole) {
  decoder_ = *Decoder::make(config::canonical_mapping("desk", "agents"));
  EXPECT_THAT(reason(R"({"event_type":"updated","timestamp":1709287200,"data":{"id":"A1","email":"a@b"}})"),
              testing::HasSubstr("not the whole record"));
}

}  // namespace
}  // namespace deskhouse::events
