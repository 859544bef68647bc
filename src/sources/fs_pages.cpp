#include "sources/fs_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/parse.h"

namespace deskhouse::sources {
namespace {

constexpr std::int64_t kSmallest = 2;       // smaller pages than asked for are chosen for an overlap
constexpr std::int64_t kProofRecords = 20;  // so many in one order, and against the others, are that order
constexpr int kStepsBack = 50;              // then a page is taken as it is
constexpr std::size_t kAnchors = 5'000;     // more than may come in front of them while nobody reads

std::string version_of(const FsObject& record) {
  return fmt::format("{} {}", record.id, record.updated_at ? record.updated_at->us : -1);
}

}  // namespace

FsPages::FsPages(FsClient& client, FsList list, FsPosition from)
    : client_(client), list_(std::move(list)), at_(std::move(from)), order_asked_(list_.ask_order ? 2 : 0) {
  for (const auto& id : at_.anchors) seen_.insert(id);
}

// The page that begins at or before the last record that was read, and reaches furthest.
FsPages::Page FsPages::choose() const {
  if (at_.offset == 0) return {1, list_.per_page};
  Page best{0, 0};
  for (auto size = list_.per_page; size >= kSmallest; --size) {
    const Page page{(at_.offset - 1) / size + 1, size};
    if (page.number * page.size > best.number * best.size) best = page;
    if (size <= list_.per_page / 2 && best.number * best.size > at_.offset) break;
  }
  DH_ASSERT(best.number * best.size > at_.offset, "some size of page does not end where the last one did");
  return best;
}

std::string FsPages::path_of(const Page& page) const {
  std::string query = list_.query;
  const auto add = [&](const std::string& parameter) { query += (query.empty() ? "" : "&") + parameter; };
  if (list_.has_since) add("updated_since=" + to_string(Timestamp{at_.since_us}));
  if (order_asked_ == 2) add("order_by=updated_at");
  if (order_asked_ >= 1) add("order_type=asc");
  add(fmt::format("per_page={}&page={}", page.size, page.number));
  return fmt::format("{}?{}", list_.path, query);
}

Status FsPages::refused(const Page& page, const FsAnswer& answer) {
  if (answer.status == 404)
    return std::unexpected(client_.with_name(
        fmt::format("{} has no {} (404): is that the address of a Freshservice account? Correct domain or url",
                    client_.url(), list_.path)));
  const auto why = fs_member(answer.body, "description").value_or(fs_member(answer.body, "message").value_or(""));
  if (page.number > 1)
    return std::unexpected(
        client_.with_name(fmt::format("{} does not show page {} of {} ({}), and does not sort them by updated_at, so "
                                      "the rest cannot be reached. Read "
                                      "what is older from an export of the account",
                                      client_.url(), page.number, list_.path, why)));
  return std::unexpected(
      client_.with_name(fmt::format("{} does not understand {} (400): {}", client_.url(), path_of(page), why)));
}

// nullopt: forbidden.
Result<std::optional<FsAnswer>> FsPages::ask(const Page& page) {
  for (;;) {
    DH_ASSIGN(auto answer, client_.get(path_of(page)));
    if (answer.status == 200) return answer;
    if (answer.status == 403) return std::nullopt;
    if (answer.status != 400 || page.number > 1 || order_asked_ == 0) {
      DH_TRY(refused(page, answer));
    }
    --order_asked_;  // it may not know these parameters
  }
}

Result<std::vector<FsObject>> FsPages::next() {
  for (;;) {
    const Page page = choose();
    DH_ASSIGN(auto answer, ask(page));
    if (!answer) {
      done_ = forbidden_ = true;
      return std::vector<FsObject>{};
    }
    auto records = fs_list(answer->body, list_.name);
    if (!records)
      return std::unexpected(
          client_.with_name(fmt::format("the answer to {} has no list \"{}\"", path_of(page), list_.name)));
    if (page.begin() > 0 && !joins(*records)) {
      at_.offset = page.begin();  // records in front of it left: what came to stand there is read first
      ++steps_back_;
      continue;
    }
    is_gapless_ = is_gapless_ && steps_back_ < kStepsBack;
    steps_back_ = 0;
    const auto count = std::ssize(*records);
    // With a next page this one is full, though some of it may be hidden from the key.
    at_.offset = page.begin() + (answer->has_next ? page.size : count);
    done_ = count == 0 || (!answer->has_next && count < page.size);
    return take(std::move(*records));
  }
}

// Whether a page that does not begin the list begins within what was read. Where hidden records keep it from being
// seen, some steps back are enough.
bool FsPages::joins(const std::vector<FsObject>& records) const {
  if (steps_back_ >= kStepsBack) return true;
  return !records.empty() && (records.front().id.empty() || seen_.contains(records.front().id));
}

std::vector<FsObject> FsPages::take(std::vector<FsObject> records) {
  if (is_still_in_order(records)) {
    for (const auto& record : records) {
      seen_.insert(record.id);
      at_.anchors.push_back(record.id);
    }
    if (at_.anchors.size() > kAnchors)
      at_.anchors.erase(at_.anchors.begin(), at_.anchors.end() - static_cast<std::ptrdiff_t>(kAnchors));
    if (!done_) rebase(records);
  } else {
    // It was taken for sorted and is not: what was passed over is read after all.
    done_ = false;
    start_from(at_.start_us);
  }
  std::vector<FsObject> fresh;
  for (auto& record : records)
    if (record.id.empty() || given_.insert(version_of(record))) fresh.push_back(std::move(record));
  return fresh;
}

void FsPages::start_from(std::int64_t since_us) {
  at_.since_us = since_us;
  at_.offset = 0;
  at_.anchors.clear();
  seen_.clear();
  last_.reset();
}

// False: it is not sorted by updated_at, and was believed to be.
bool FsPages::is_still_in_order(const std::vector<FsObject>& records) {
  if (!list_.ask_order || at_.not_by_updated_at) return true;
  for (const auto& record : records) {
    if (last_ && !seen_.contains(record.id)) {
      if (!record.updated_at || !last_->updated_at || *record.updated_at < *last_->updated_at) {
        at_.not_by_updated_at = true;
        return !std::exchange(at_.by_updated_at, false);
      }
      const auto id = parse_integer(record.id), before = parse_integer(last_->id);
      created_falls_ = created_falls_ || (record.created_at && *record.created_at < last_->created_at);
      id_falls_ = id_falls_ || (id.ok() && before.ok() && id.value < before.value);
      ++in_order_;
    }
    last_ = FsObject{{}, record.id, record.updated_at, record.created_at};
  }
  at_.by_updated_at = at_.by_updated_at || (in_order_ >= kProofRecords && created_falls_ && id_falls_);
  return true;
}

void FsPages::rebase(const std::vector<FsObject>& records) {
  if (!at_.by_updated_at || !list_.has_since || records.empty() || !records.back().updated_at) return;
  // A second before, for the list may be of those after updated_since, or from it on; and many may share a second.
  const auto since = records.back().updated_at->us - kMicrosPerSecond;
  if (since > at_.since_us) start_from(since);
}

}  // namespace deskhouse::sources
