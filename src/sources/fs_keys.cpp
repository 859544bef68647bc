// The ids that a Freshservice has now, for a sweep.
#include <fmt/format.h>

#include "sources/fs_pages.h"
#include "sources/fs_reader.h"

namespace deskhouse::sources {
namespace {

// What changed while the lists were read is asked for once more, where a list can tell: in an order by updated_at it
// may have moved from a page that was to come to one that was read before. Tickets that were deleted or restored in
// between went from one list to another; the deleted are read first, so that a ticket that is missed is at least
// deleted.
class KeyReader final : public FsReader {
 public:
  KeyReader(FsShared& shared, const config::EntityMapping& entity, const std::vector<std::string>& columns)
      : FsReader(shared, entity, columns) {
    const bool has_since = entity.entity == "tickets" || entity.entity == "changes" || entity.entity == "problems";
    const auto begun_us = latest_update()->us - 2 * entity.overlap_seconds * kMicrosPerSecond;
    add_lists(has_since, 0);
    if (has_since) add_lists(true, begun_us);
  }

 private:
  struct Part {
    FsList list;
    std::int64_t since_us = 0;
  };

  void add_lists(bool has_since, std::int64_t since_us) {
    const auto add = [&](const std::string& query) {
      parts_.push_back({FsList{.path = entity_.entity,
                               .name = entity_.entity,
                               .query = query,
                               .has_since = has_since,
                               .ask_order = entity_.entity == "tickets"},
                        since_us});
    };
    if (entity_.entity != "tickets") return add(entity_.entity == "requesters" ? "include_agents=true" : "");
    for (const auto& workspace : shared_.workspaces)
      for (const std::string filter : {"filter=deleted", "filter=spam", ""}) {
        const auto of = workspace.empty() ? "" : fmt::format("workspace_id={}", workspace);
        add(filter + (filter.empty() || of.empty() ? "" : "&") + of);
      }
  }

  Result<bool> refill() override {
    if (next_ == parts_.size()) return false;
    const auto& part = parts_[next_];
    if (!pages_) {
      FsPosition from;
      from.since_us = from.start_us = part.since_us;
      pages_ = std::make_unique<FsPages>(shared_.client, part.list, from);
    }
    DH_ASSIGN(auto records, pages_->next());
    for (auto& record : records)
      if (record.id.empty() || given_.insert(record.id)) add(std::move(record.text));
    if (!pages_->done()) return true;
    if (pages_->forbidden()) {
      set_unavailable(entity_.entity);
      return false;
    }
    if (!pages_->is_gapless())
      return std::unexpected(shared_.client.with_name(
          fmt::format("the pages of {} moved so much while they were read that some records may have been passed over",
                      entity_.entity)));
    pages_.reset();
    return ++next_ < parts_.size();
  }

  std::vector<Part> parts_;
  std::size_t next_ = 0;
  std::unique_ptr<FsPages> pages_;
  FsSeen given_;  // ids: a record can be in several lists
};

}  // namespace

std::unique_ptr<Reader> make_fs_key_reader(FsShared& shared, const config::EntityMapping& entity,
                                           const std::vector<std::string>& columns) {
  return std::make_unique<KeyReader>(shared, entity, columns);
}

}  // namespace deskhouse::sources
