// Events by the C functions: what is a record is staged, what says a part of one is given as it was decoded.
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "base/keys.h"
#include "events/fingerprint.h"
#include "taken.h"

namespace deskhouse {
namespace {

constexpr const char* kConfig = R"(
[stream]
brokers = "nowhere:9092"
[stream.topics.events]
entity = "tickets"
)";

std::string whole(const std::string& id) {
  return R"({"event_type": "ticket.created", "timestamp": "2024-03-01T10:00:00Z", "data": {"id": ")" + id +
         R"(", "subject": "s", "status": "Open", "priority": "High", "requester_id": "R1",
            "created_at": "2024-03-01T10:00:00Z"}})";
}
const std::string kPart =
    R"({"event_type": "status_changed", "timestamp": 1709290800, "data": {"id": "T1", "status": "Closed"}})";

// Messages as an Arrow record batch, of which everything is the test's; `released` counts.
class Messages {
 public:
  explicit Messages(std::vector<std::optional<std::string>> values, std::int64_t first = 0, std::int64_t skipped = 0) {
    for (std::int64_t i = 0; i < skipped; ++i) add("skipped", -1);
    for (std::size_t i = 0; i < values.size(); ++i) add(values[i], first + static_cast<std::int64_t>(i));
    offset_ = column(nullptr, offsets_.data());
    value_ = column(valid_.data(), ends_.data(), bytes_.data());
    offset_.offset = value_.offset = skipped;
    children_[0] = &offset_;
    children_[1] = &value_;
    array = {
        .length = static_cast<std::int64_t>(values.size()),
        .n_buffers = 1,
        .n_children = 2,
        .buffers = none_,
        .children = children_,
        .release =
            [](ArrowArray* a) { ++*static_cast<int*>(std::exchange(a->private_data, nullptr)), a->release = nullptr; },
        .private_data = &released};
    offset_type_ = {.format = "l", .name = "offset"};
    value_type_ = {.format = "z", .name = "value", .flags = ARROW_FLAG_NULLABLE};
    types_[0] = &offset_type_;
    types_[1] = &value_type_;
    schema = {
        .format = "+s",
        .name = "",
        .n_children = 2,
        .children = types_,
        .release =
            [](ArrowSchema* s) { ++*static_cast<int*>(std::exchange(s->private_data, nullptr)), s->release = nullptr; },
        .private_data = &released};
  }
  Messages(const Messages&) = delete;

  ArrowArray array{};
  ArrowSchema schema{};
  int released = 0;

 private:
  void add(const std::optional<std::string>& value, std::int64_t offset) {
    const auto row = offsets_.size();
    offsets_.push_back(offset);
    if (row % 8 == 0) valid_.push_back(0);
    if (value) valid_.back() |= static_cast<std::uint8_t>(1U << (row % 8));
    bytes_ += value.value_or("");
    ends_.push_back(static_cast<std::int32_t>(bytes_.size()));
  }
  ArrowArray column(const void* valid, const void* a, const void* b = nullptr) {
    auto& buffers = buffers_[b == nullptr ? 0 : 1];
    buffers[0] = valid;
    buffers[1] = a;
    buffers[2] = b;
    return {
        .length = static_cast<std::int64_t>(offsets_.size()), .n_buffers = b == nullptr ? 2 : 3, .buffers = buffers};
  }
  std::vector<std::int64_t> offsets_;
  std::vector<std::int32_t> ends_ = {0};
  std::vector<std::uint8_t> valid_;
  std::string bytes_;
  const void* buffers_[2][3] = {};
  const void* none_[1] = {};
  ArrowArray offset_{}, value_{};
  ArrowArray* children_[2] = {};
  ArrowSchema offset_type_{}, value_type_{};
  ArrowSchema* types_[2] = {};
};

class EventsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const deskhouse_core_request request{kConfig,   ".",     "desk",
                                         "tickets", nullptr, std::numeric_limits<std::int64_t>::max()};
    ASSERT_EQ(message(deskhouse_core_open(&request, &core_)), "");
  }
  void TearDown() override { deskhouse_core_close(core_); }
  std::string add(Messages& messages, std::int32_t place = 0) {
    auto error = message(deskhouse_core_add_events(core_, "events", place, place, &messages.array, &messages.schema));
    EXPECT_EQ(messages.released, 2);
    return error;
  }
  std::int64_t next() {
    std::int64_t records = -1;
    EXPECT_EQ(message(deskhouse_core_next(core_, &records)), "");
    return records;
  }
  nlohmann::json summary() {
    char* text = nullptr;
    EXPECT_EQ(message(deskhouse_core_summary(core_, &text)), "");
    return nlohmann::json::parse(message(text));
  }
  deskhouse_core* core_ = nullptr;
};

TEST_F(EventsTest, RecordsAreStagedAndPartsAreGiven) {
  Messages messages({whole("T1"), kPart, std::nullopt, "no json", whole("T2")}, 40, 3);
  ASSERT_EQ(add(messages), "");
  ASSERT_EQ(next(), 4);  // the part is no record
  {
    const Taken rows(core_, "rows"), rejects(core_, "rejects"), blocks(core_, "blocks");
    ASSERT_EQ(rows.array.length, 2);
    EXPECT_EQ(rows.text("id", 1), "T2");
    EXPECT_EQ(rows.number("key", 1), natural_key("desk", "T2"));
    EXPECT_EQ(rows.number<std::int32_t>("month", 0), 202403);
    ASSERT_EQ(rejects.array.length, 2);
    EXPECT_EQ(rejects.text("file", 0), "events/0");
    EXPECT_EQ(rejects.number("line", 0), 42);  // the offset
    EXPECT_NE(rejects.text("reasons", 0).find("an empty message"), std::string::npos);
    EXPECT_EQ(rejects.text("raw", 1), "no json");
    EXPECT_EQ(blocks.number("records", 0), 4);
  }
  ASSERT_EQ(next(), 0);
  {
    const Taken partials(core_, "partials");
    ASSERT_EQ(partials.array.length, 1);
    EXPECT_EQ(partials.text("id", 0), "T1");
    EXPECT_EQ(partials.text("type", 0), "status_changed");
    EXPECT_EQ(partials.number("key", 0), natural_key("desk", "T1"));
    EXPECT_EQ(partials.number("at_us", 0), 1709290800LL * 1'000'000);
    const auto document = nlohmann::json::parse(partials.text("document", 0));
    EXPECT_EQ(document["status"], "Closed");
    EXPECT_FALSE(document.contains("priority"));
  }
  const Taken again(core_, "partials");
  EXPECT_EQ(again.array.length, 0);
  const auto place = summary()["places"].at(0);
  EXPECT_EQ(place["offset"], 44);
  EXPECT_EQ(place["fingerprint"], events::fingerprint(whole("T2")));
  EXPECT_EQ(summary()["extracted"], 4);
}

// Positions tell records apart that came by different calls, and of different partitions.
TEST_F(EventsTest, PositionsGoOn) {
  std::vector<std::int64_t> positions;
  for (const auto place : {0, 1, 0}) {
    Messages messages({whole("T1"), whole("T2")}, std::ssize(positions));
    ASSERT_EQ(add(messages, place), "");
    ASSERT_EQ(next(), 2);
    const Taken rows(core_, "rows");
    for (std::int64_t row = 0; row < rows.array.length; ++row) positions.push_back(rows.number("position", row));
    ASSERT_EQ(next(), 0);
  }
  const auto second = std::int64_t{1} << 40;
  EXPECT_EQ(positions, (std::vector<std::int64_t>{1, 2, second + 1, second + 2, 3, 4}));
}

TEST_F(EventsTest, OtherBatchesAreRefusedAndReleased) {
  Messages none({});
  EXPECT_EQ(add(none), "");
  EXPECT_EQ(next(), 0);
  Messages wrong({whole("T1")});
  wrong.schema.children[1]->format = "u";
  EXPECT_NE(add(wrong).find("binary"), std::string::npos);
  Messages number({whole("T1")});
  EXPECT_NE(add(number, -1), "");
  EXPECT_NE(message(deskhouse_core_open_files(core_, 0, 1)).find("only files"), std::string::npos);
}

}  // namespace
}  // namespace deskhouse
