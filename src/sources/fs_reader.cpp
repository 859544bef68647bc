#include "sources/fs_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <span>

#include "sources/encoding.h"
#include "sources/file_reader.h"
#include "sources/text_window.h"

namespace deskhouse::sources {
namespace {

// What the API shows of each record and no canonical field is made of: known, so no drift of the schema.
constexpr std::array kKnown = {
    "description",
    "description_text",
    "urgency",
    "impact",
    "tags",
    "to_emails",
    "cc_emails",
    "fwd_emails",
    "reply_cc_emails",
    "fr_due_by",
    "is_escalated",
    "fr_escalated",
    "requested_for_id",
    "item_category",
    "workspace_id",
    "workspace_ids",
    "attachments",
    "created_at",
    "job_title",
    "occasional",
    "department_ids",
    "group_ids",
    "member_of",
    "location_id",
    "time_zone",
    "vip_user",
    "secondary_emails",
    "is_agent",
    "active",
    "prime_user_id",
    "domains",
    "asset_tag",
    "usage_type",
    "agent_id",
    "group_id",
    "assigned_on",
    "end_of_life",
    "approval_status",
    "known_error",
    "department_id",
    "category",
    "task_id",
    "start_time",
    "timer_running",
    "note",
    "overall_rating",
    "overall_rating_text",
    "sub_contents",
    "business_hours_id",
    "custom_fields",
    "asset_type_id",
    "time_spent",
    "type_fields",
    "stats",
    "deleted",
    "spam",
    "email_config_id",
    "user_id",
};

}  // namespace

FsReader::FsReader(FsShared& shared, const config::EntityMapping& entity, std::vector<std::string> columns)
    : shared_(shared),
      entity_(entity),
      columns_(std::move(columns)),
      shown_(fmt::format("{} ({})", entity.entity, shared.client.url())),
      limit_(static_cast<std::size_t>(entity.max_record_bytes)),
      allowance_us_(shared.client.clock_ahead_us().value_or(0) + entity.overlap_seconds * kMicrosPerSecond),
      json_(columns_) {}

// The clock goes on while a slice is read, which may take longer than the overlap.
std::optional<Timestamp> FsReader::latest_update() const {
  const auto ours =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  return Timestamp{ours + allowance_us_};
}

std::vector<std::string> FsReader::unmapped_columns() const {
  auto unmapped = json_.unmapped();
  std::erase_if(unmapped, [&](const auto& name) {
    return std::ranges::find(kKnown, name) != kKnown.end() || (entity_.entity == "assets" && name == "id");
  });
  return unmapped;
}

std::optional<std::vector<SourceColumn>> FsReader::columns_seen() const {
  if (sound_ == 0) return std::nullopt;
  std::vector<SourceColumn> seen;
  // The API gives each record of a list the same members, NULL or not; but for some, such as custom fields. A few
  // records do not tell which.
  constexpr std::int64_t kTelling = 20;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const bool in_all = json_.present()[i] == sound_;
    if (json_.seen()[i])
      seen.push_back(
          {.name = columns_[i], .type = json_.kinds(i), .in_all = in_all, .always = in_all && sound_ >= kTelling});
  }
  for (auto& name : unmapped_columns()) seen.push_back({.name = std::move(name)});
  return seen;
}

Progress FsReader::progress() const {
  const auto& counts = shared_.client.counts();
  Progress progress;
  progress.calls_done = counts.calls.load(std::memory_order_relaxed);
  progress.calls_left = calls_left_.load(std::memory_order_relaxed);
  if (progress.calls_left >= 0 && progress.calls_done > 0)
    progress.seconds_left =
        static_cast<std::int64_t>(static_cast<double>(progress.calls_left) * seconds_a_call(progress.calls_done));
  return progress;
}

// The pace that the limit allows, or the one that was kept so far where that is slower.
double FsReader::seconds_a_call(std::int64_t calls) const {
  const auto& counts = shared_.client.counts();
  const double kept = std::chrono::duration<double>(std::chrono::steady_clock::now() - shared_.started).count() /
                      static_cast<double>(calls);
  const auto per_window = counts.per_window.load(std::memory_order_relaxed);
  if (per_window == 0) return kept;
  const auto credits = static_cast<double>(counts.credits.load(std::memory_order_relaxed));
  const double credits_a_call = std::max(1.0, credits / static_cast<double>(calls));
  return std::max(kept, credits_a_call * static_cast<double>(shared_.account.rate_window_seconds) /
                            static_cast<double>(per_window));
}

void FsReader::set_unavailable(const std::string& what) {
  unavailable_ = fmt::format("the plan or the role of the API key does not give {} (403)", what);
}

Result<bool> FsReader::next(RawBatch& batch, std::size_t max_records) {
  batch.clear();
  if (error_) return std::unexpected(*error_);
  const auto fill = [&]() -> Result<bool> {
    while (records_.empty() && !ended_) {
      DH_ASSIGN(const bool more, refill());
      ended_ = !more;
    }
    TextArena arena(batch);
    while (!records_.empty() && batch.records.size() < std::max<std::size_t>(max_records, 1) &&
           batch.bytes < kMaxBatchBytes) {
      append(batch, arena, std::move(records_.front()));
      records_.pop_front();
    }
    if (batch.records.empty()) DH_TRY(check_seen());
    return !batch.records.empty();
  };
  auto more = fill();
  if (!more) {
    error_ = more.error();
    batch.clear();
    return more;
  }
  batch.file = *more ? shown_ : "";
  return more;
}

void FsReader::append(RawBatch& batch, TextArena& arena, std::string record) {
  auto& added = batch.records.emplace_back();
  added.position = added.line = ++position_;
  added.first_field = static_cast<std::uint32_t>(batch.fields.size());
  batch.fields.resize(batch.fields.size() + columns_.size());
  Defect defect;
  if (record.size() > limit_) {
    added.raw = arena.keep(cut_record(record, limit_));
    defect.reason = oversized_reason(limit_, added.raw.size());
  } else {
    char* copy = arena.allocate(record.size() + simdjson::SIMDJSON_PADDING);
    std::memcpy(copy, record.data(), record.size());
    // Line ends between members; one record must be one line to be replayed. Within texts JSON has none.
    std::replace_if(
        copy, copy + record.size(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    added.raw = {copy, record.size()};
    defect = json_.read(added.raw, simdjson::SIMDJSON_PADDING, batch.fields.data() + added.first_field, arena);
    if (defect.reason.empty())
      ++sound_;
    else if (auto text = text_defect(added.raw, "utf-8"); !text.empty())
      defect.reason = std::move(text);
  }
  batch.bytes += added.raw.size();
  if (defect.reason.empty()) return;
  added.defect = static_cast<std::int32_t>(batch.defects.size());
  batch.defects.push_back(std::move(defect));
}

// As in other JSON, only the end tells that a column is nowhere.
Status FsReader::check_seen() const {
  if (sound_ == 0) return {};
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (!json_.seen()[i] && !config::may_be_absent(entity_, columns_[i]))
      return std::unexpected(
          missing_column(entity_, columns_[i], fmt::format("no record of {} has", entity_.entity), json_.unmapped()));
  return {};
}

std::shared_ptr<FsTicketFeed> fs_feed_of(FsShared& shared, const config::EntityMapping& entity,
                                         const std::string& feed_state, const std::optional<Period>& period) {
  auto& feed = shared.feeds[feed_state];
  if (!feed)
    feed = std::make_shared<FsTicketFeed>(shared.client, shared.workspaces, feed_state, entity.overlap_seconds, period);
  return feed;
}

}  // namespace deskhouse::sources
