// Groups, departments, agents, requesters and assets, as a whole; problems and changes, from updated_since on.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "sources/fs_pages.h"
#include "sources/fs_reader.h"

namespace deskhouse::sources {
namespace {

using Json = nlohmann::json;

class ListReader final : public FsReader {
 public:
  ListReader(FsShared& shared, const config::EntityMapping& entity, const std::vector<std::string>& columns,
             const Since& since)
      : FsReader(shared, entity, columns),
        has_since_(entity.entity == "changes" || entity.entity == "problems"),
        goes_on_(since.goes_on && !since.state.empty()),
        latest_us_(latest_update()->us),
        period_(since.period) {
    const auto stored = Json::parse(since.state, nullptr, false);
    if (has_since_ && stored.is_object() && stored.value("url", "") == shared.client.url())
      cursor_us_ = stored.value("cursor", std::int64_t{0});
    ahead_us_ = shared.client.clock_ahead_us().value_or(0);
    if (cursor_us_ > 0) lost_us_ = clock_lost_us(shared.client, stored.value("ahead", ahead_us_));
  }

 private:
  Result<bool> refill() override {
    if (goes_on_) return false;  // the slice before read it, just now
    if (!pages_) {
      if (entity_.entity == "assets") DH_TRY(shared_.names.need_asset_types());
      begun_us_ = latest_us_ - entity_.overlap_seconds * kMicrosPerSecond;
      FsPosition from;
      from.since_us = from.start_us =
          period_ ? since_us_of(*period_)
                  : std::max<std::int64_t>(0, cursor_us_ - entity_.overlap_seconds * kMicrosPerSecond - lost_us_);
      pages_ = std::make_unique<FsPages>(
          shared_.client,
          FsList{.path = entity_.entity, .name = entity_.entity, .query = query(), .has_since = has_since_}, from);
    }
    DH_ASSIGN(auto records, pages_->next());
    if (entity_.entity == "agents") shared_.names.add_agents(records);
    if (entity_.entity == "groups") shared_.names.add_groups(records);
    for (auto& record : records) {
      if (has_since_ && !is_of_period(record, period_)) continue;
      if (record.updated_at && record.updated_at->us <= latest_us_)
        newest_us_ = std::max(newest_us_, record.updated_at->us);
      add(shaped(std::move(record)));
    }
    if (pages_->done()) finish();
    return !pages_->done();
  }

  std::string query() const {
    if (entity_.entity == "assets") return "include=type_fields";
    return entity_.entity == "requesters" ? "include_agents=true" : "";
  }

  std::string shaped(FsObject record) const {
    if (entity_.entity != "assets") return std::move(record.text);
    const auto type = shared_.names.asset_type(fs_member(record.text, "asset_type_id").value_or(""));
    const auto text = fs_without_type_numbers(record.text);
    return type.empty() ? text : fs_with_members(text, {{"asset_type", json_text(type)}});
  }

  void finish() {
    if (pages_->forbidden()) return set_unavailable(entity_.entity);
    if (entity_.entity == "agents") shared_.names.has_all_agents();
    if (entity_.entity == "groups") shared_.names.has_all_groups();
    // Records that changed while the list was read may have been seen before, or not at all: the next run looks again.
    // The cursor goes back with the server's clock.
    const auto cursor = std::min(std::max(cursor_us_, newest_us_), begun_us_);
    state_ = Json{{"url", shared_.client.url()}, {"cursor", cursor}, {"ahead", ahead_us_}}.dump();
  }

  const bool has_since_, goes_on_;
  const std::int64_t latest_us_;        // a later updated_at is no time
  const std::optional<Period> period_;  // of a backfill; lists without updated_since are read as a whole
  std::int64_t cursor_us_ = 0, newest_us_ = 0, begun_us_ = 0;
  std::int64_t ahead_us_ = 0,
               lost_us_ = 0;  // the server's clock against ours: now, and what it lost since the last run
  std::unique_ptr<FsPages> pages_;
};

}  // namespace

std::unique_ptr<Reader> make_fs_list_reader(FsShared& shared, const config::EntityMapping& entity,
                                            const std::vector<std::string>& columns, const Since& since) {
  return std::make_unique<ListReader>(shared, entity, columns, since);
}

}  // namespace deskhouse::sources
