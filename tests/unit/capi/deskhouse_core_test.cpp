// The C functions against the reader and stager that a run uses: the same records, the same cells.
#include "capi/deskhouse_core.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/keys.h"
#include "schema/catalog.h"
#include "sources/files.h"
#include "staging/stager.h"
#include "taken.h"

namespace deskhouse {
namespace {

constexpr const char* kConfig = R"(
[project]
name = "t"
[load]
batch_size = 3
bulk_batch_size = 3
[sources.desk]
type = "files"
[sources.desk.tickets]
path = "tickets*.csv"
[sources.desk.tickets.fields]
id = "number"
subject = "title"
status = "state"
priority = "prio"
category = "kind"
requester_id = "who"
created_at = "opened"
updated_at = "changed"
)";

std::string line(int n, const std::string& opened) {
  return "T" + std::to_string(n) + ",\"a \"\"quoted\"\"\nsubject\",Open,High,,R" + std::to_string(n % 3) + "," +
         opened + ",2024-05-01T00:00:00Z\n";
}

class CoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("capi_" + std::to_string(::getpid()) + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
    std::ofstream out(folder_ / "tickets.csv");
    out << "number,title,state,prio,kind,who,opened,changed,extra\n";
    for (int n = 1; n <= 11; ++n) {
      auto text = line(n, n == 5 ? "soon" : n < 7 ? "2024-02-29T23:59:59Z" : "2024-03-01T00:00:00Z");
      text.insert(text.size() - 1, ",x");
      out << text;
    }
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  deskhouse_core* open(const char* config = kConfig, const char* entity = "tickets") {
    const auto project = folder_.string();
    const deskhouse_core_request request{config, project.c_str(), "desk",
                                         entity, nullptr,         std::numeric_limits<std::int64_t>::max()};
    deskhouse_core* core = nullptr;
    error_ = message(deskhouse_core_open(&request, &core));
    return core;
  }

  std::filesystem::path folder_;
  std::string error_;
};

TEST_F(CoreTest, RowsAreThoseOfTheStager) {
  auto* core = open();
  ASSERT_NE(core, nullptr) << error_;
  ASSERT_EQ(deskhouse_core_open_files(core, 0, 1), nullptr);
  const auto config = config::parse(kConfig, folder_);
  ASSERT_TRUE(config) << config.error().message;
  const auto& mapping = config->sources[0].entities[0];
  auto stager = *staging::make_stager(mapping, staging::Repeats::merge);
  auto reader = *sources::open_share(mapping, stager->raw_columns(), {}, {});
  const auto& entity = *schema::find_entity("tickets");
  sources::RawBatch raw;
  std::int64_t records = 0, rows = 0, rejected = 0;
  while (*reader->next(raw, 3)) {
    staging::StagedBatch staged(entity);
    stager->stage(raw, staged);
    ASSERT_EQ(deskhouse_core_next(core, &records), nullptr);
    ASSERT_EQ(records, static_cast<std::int64_t>(raw.records.size()));
    const Taken taken(core, "rows");
    ASSERT_EQ(taken.array.length, static_cast<std::int64_t>(staged.rows.rows()));
    for (std::int64_t row = 0; row < taken.array.length; ++row) {
      const auto at = static_cast<std::size_t>(row);
      EXPECT_EQ(taken.number("key", row), staged.key[at]);
      EXPECT_EQ(taken.number("row_hash", row), staged.row_hash[at]);
      EXPECT_EQ(taken.number("position", row), staged.position[at]);
      EXPECT_EQ(taken.text("subject", row), "a \"quoted\"\nsubject");
      EXPECT_EQ(taken.text("category", row), "General");
      EXPECT_EQ(taken.number("requester_key", row), natural_key("desk", taken.text("requester_id", row)));
      EXPECT_EQ(taken.number<std::int32_t>("month", row), row + rows < 5 ? 202402 : 202403);
      EXPECT_TRUE(taken.is_null("resolved_at", row));
      EXPECT_FALSE(taken.is_null("created_at", row));
    }
    const Taken rejects(core, "rejects");
    for (std::int64_t row = 0; row < rejects.array.length; ++row) {
      EXPECT_EQ(rejects.text("id", row), "T5");
      EXPECT_EQ(rejects.text("header", row), "number,title,state,prio,kind,who,opened,changed,extra");
      EXPECT_NE(rejects.text("raw", row).find("soon"), std::string::npos);
      EXPECT_NE(rejects.text("reasons", row).find("created_at"), std::string::npos);
      EXPECT_EQ(rejects.number("line", row), 10);  // each record has two lines
      EXPECT_EQ(rejects.number("key", row), natural_key("desk", "T5"));
    }
    const Taken blocks(core, "blocks");
    EXPECT_EQ(blocks.array.length, 1);
    EXPECT_EQ(blocks.number("records", 0), records);
    EXPECT_EQ(blocks.text("lines", 0).size(), static_cast<std::size_t>(records) * 8);
    rows += taken.array.length;
    rejected += rejects.array.length;
  }
  ASSERT_EQ(deskhouse_core_next(core, &records), nullptr);
  EXPECT_EQ(records, 0);
  EXPECT_EQ(rows, 10);
  EXPECT_EQ(rejected, 1);
  char* text = nullptr;
  ASSERT_EQ(deskhouse_core_summary(core, &text), nullptr);
  const auto summary = nlohmann::json::parse(message(text));
  EXPECT_EQ(summary["extracted"], 11);
  EXPECT_EQ(summary["fields"]["category"]["defaulted"], stager->field_counts().at("category").defaulted);
  EXPECT_EQ(summary["unmapped"], std::vector<std::string>{"extra"});
  deskhouse_core_close(core);
}

TEST_F(CoreTest, SharesTogetherAreTheWhole) {
  std::map<std::int64_t, int> seen;
  constexpr int kParts = 3;
  for (int part = 0; part < kParts; ++part) {
    auto* core = open();
    ASSERT_EQ(deskhouse_core_open_files(core, part, kParts), nullptr);
    std::int64_t records = 0;
    while (deskhouse_core_next(core, &records) == nullptr && records > 0) {
      const Taken rows(core, "rows"), rejects(core, "rejects");
      for (std::int64_t i = 0; i < rows.array.length; ++i) ++seen[rows.number("position", i)];
      for (std::int64_t i = 0; i < rejects.array.length; ++i) ++seen[rejects.number("position", i)];
    }
    deskhouse_core_close(core);
  }
  EXPECT_EQ(seen.size(), 11U);
  for (const auto& [position, times] : seen) EXPECT_EQ(times, 1) << position;
}

TEST_F(CoreTest, ATableOutlivesItsCoreAndItsParent) {
  auto* core = open();
  ASSERT_EQ(deskhouse_core_open_files(core, 0, 1), nullptr);
  std::int64_t records = 0;
  ASSERT_EQ(deskhouse_core_next(core, &records), nullptr);
  ArrowArray array{};
  ArrowSchema schema{};
  ASSERT_EQ(deskhouse_core_take(core, "rows", &array, &schema), nullptr);
  deskhouse_core_close(core);
  ArrowArray key = *array.children[0];  // moved out, as the interface allows
  array.children[0]->release = nullptr;
  array.release(&array);
  schema.release(&schema);
  EXPECT_EQ(static_cast<const std::int64_t*>(key.buffers[1])[0], natural_key("desk", "T1"));
  key.release(&key);
  EXPECT_EQ(key.release, nullptr);
}

TEST_F(CoreTest, ErrorsAreMessages) {
  EXPECT_EQ(open("[sources.desk"), nullptr);
  EXPECT_NE(error_.find("deskhouse.toml"), std::string::npos);
  EXPECT_EQ(open(kConfig, "ticket"), nullptr);
  EXPECT_NE(error_.find("desk.tickets"), std::string::npos) << error_;
  auto* core = open();
  std::int64_t records = 0;
  EXPECT_NE(message(deskhouse_core_next(core, &records)), "");
  EXPECT_NE(message(deskhouse_core_open_files(core, 3, 3)), "");
  ArrowArray array{};
  ArrowSchema schema{};
  EXPECT_NE(message(deskhouse_core_take(core, "rows", &array, &schema)), "");
  std::filesystem::remove(folder_ / "tickets.csv");
  EXPECT_NE(message(deskhouse_core_open_files(core, 0, 1)).find("tickets"), std::string::npos);
  deskhouse_core_close(core);
  EXPECT_EQ(deskhouse_core_abi(), DESKHOUSE_CORE_ABI);
}

}  // namespace
}  // namespace deskhouse
