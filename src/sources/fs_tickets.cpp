#include "sources/fs_tickets.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/parse.h"

namespace deskhouse::sources {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kTicketsMax = 10'000;  // of a slice, which is in memory
constexpr std::int64_t kPage = 100, kLeastPage = 10;

Json to_json(const FsPosition& at) {
  return {{"since", at.since_us},
          {"start", at.start_us},
          {"offset", at.offset},
          {"sorted", at.by_updated_at},
          {"unsorted", at.not_by_updated_at},
          {"anchors", at.anchors}};
}

FsPosition position_of(const Json& json) {
  return {.since_us = json.at("since"),
          .start_us = json.at("start"),
          .offset = json.at("offset"),
          .by_updated_at = json.at("sorted"),
          .not_by_updated_at = json.at("unsorted"),
          .anchors = json.at("anchors")};
}

}  // namespace

bool is_of_period(const FsObject& record, const std::optional<Period>& period) {
  if (!period || (!record.updated_at && !record.created_at)) return true;
  const auto within = [&](const std::optional<Timestamp>& at) { return at && period->from <= *at && *at < period->to; };
  return within(record.updated_at) || within(record.created_at);
}

std::int64_t clock_lost_us(const FsClient& client, std::int64_t before_us) {
  return std::max<std::int64_t>(0, before_us - client.clock_ahead_us().value_or(before_us));
}

// The list may be of those after updated_since, or from it on.
std::int64_t since_us_of(const Period& period) {
  return std::max<std::int64_t>(0, period.from.us - kMicrosPerSecond);
}

FsTicketFeed::FsTicketFeed(FsClient& client, std::vector<std::string> workspaces, const std::string& state,
                           std::int64_t overlap_seconds, std::optional<Period> period)
    : client_(client),
      workspaces_(std::move(workspaces)),
      overlap_us_(overlap_seconds * kMicrosPerSecond),
      period_(period) {
  for (const auto& id : workspaces_) walks_[id] = {};
  if (period_) tickets_total_ = 0;  // the ids tell of all tickets, and not of these
  read_state(state);
}

void FsTicketFeed::read_state(const std::string& state) {
  const auto json = Json::parse(state, nullptr, false);
  if (json.is_object() && json.value("url", "") == client_.url()) take_state(json);
  // What was read to its end is read anew once all of them were.
  const bool was_complete =
      std::ranges::all_of(walks_, [](const auto& w) { return !w.second.under_way || w.second.done; });
  for (auto& [id, walk] : walks_) {
    if (was_complete) walk.under_way = walk.done = false;
    if (walk.under_way) continue;
    const auto back = overlap_us_ + clock_lost_us(client_, walk.ahead_us);
    const auto since = period_ ? since_us_of(*period_) : std::max<std::int64_t>(0, walk.cursor_us - back);
    walk.position = {.since_us = since, .start_us = since, .anchors = {}};
  }
}

void FsTicketFeed::take_state(const Json& json) {
  try {
    tickets_before_ = json.at("tickets");
    tickets_total_ = json.at("total");
    for (auto& [id, walk] : walks_) {
      if (!json.at("workspaces").contains(id)) continue;
      const auto& stored = json.at("workspaces").at(id);
      walk.cursor_us = stored.at("cursor");
      walk.ahead_us = stored.value("ahead", client_.clock_ahead_us().value_or(0));
      walk.known = stored.at("known").get<std::map<std::string, std::int64_t>>();
      if (!stored.contains("walk")) continue;
      walk.under_way = true;
      walk.position = position_of(stored.at("walk"));
      walk.latest_us = stored.at("latest");
      walk.begun_us = stored.at("begun");
      walk.done = stored.at("done");
    }
  } catch (const Json::exception&) {  // of another version: read all again
    for (auto& [id, walk] : walks_) walk = {};
    tickets_before_ = 0;
  }
}

void FsTicketFeed::add_reader(bool wants_fields) {
  wants_fields_ = wants_fields_ || wants_fields;
  if (!wants_fields) ++nested_readers_;
}

void FsTicketFeed::limit(std::int64_t calls_per_slice) {
  tickets_max_ =
      std::min(kTicketsMax, nested_readers_ > 0 ? calls_per_slice / nested_readers_ : calls_per_slice * kPage);
  tickets_max_ = std::max<std::int64_t>(tickets_max_, 1);
  pages_max_ = calls_per_slice;
}

std::int64_t FsTicketFeed::server_now_us() const {
  const auto ours =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  return ours + client_.clock_ahead_us().value_or(0);
}

std::int64_t FsTicketFeed::start_us() const {
  std::int64_t start = walks_.begin()->second.position.start_us;
  for (const auto& [id, walk] : walks_) start = std::min(start, walk.position.start_us);
  return start;
}

Result<const FsTicketPage*> FsTicketFeed::page(std::size_t index) {
  while (given_.size() <= index && !ended_) DH_TRY(pull());
  return index < given_.size() ? given_[index].get() : nullptr;
}

// The next page of the slice, or its end.
Status FsTicketFeed::pull() {
  while (workspace_ < workspaces_.size() && walks_[workspaces_[workspace_]].done) {
    ++workspace_;
    pages_.reset();
  }
  if (workspace_ == workspaces_.size() || tickets_ >= tickets_max_ || (period_ && pages_read_ >= pages_max_)) {
    ended_ = true;
    return {};
  }
  const auto& id = workspaces_[workspace_];
  auto& walk = walks_[id];
  if (!walk.under_way) {
    walk.under_way = true;
    walk.latest_us = 0;
    walk.begun_us = server_now_us();
    walk.ahead_us = client_.clock_ahead_us().value_or(0);
    if (walk.cursor_us == 0 && tickets_total_ < 0) DH_TRY(count_tickets());
  }
  if (!pages_) {
    std::string query = wants_fields_ ? "include=stats" : "";
    if (!id.empty()) query += (query.empty() ? "workspace_id=" : "&workspace_id=") + id;
    pages_ = std::make_unique<FsPages>(client_,
                                       FsList{.path = "tickets",
                                              .name = "tickets",
                                              .query = query,
                                              .has_since = true,
                                              .ask_order = true,
                                              .per_page = std::clamp(tickets_max_, kLeastPage, kPage)},
                                       walk.position);
  }
  DH_ASSIGN(auto tickets, pages_->next());
  if (pages_->forbidden()) {
    forbidden_ = ended_ = true;
    return {};
  }
  walk.position = pages_->position();
  ++pages_read_;
  keep_period(tickets);
  if (!tickets.empty()) {
    tickets_ += std::ssize(tickets);
    given_.push_back(std::make_unique<FsTicketPage>(page_of(walk, std::move(tickets))));
  }
  if (pages_->done()) finish(walk);
  return {};
}

void FsTicketFeed::keep_period(std::vector<FsObject>& tickets) const {
  std::erase_if(tickets, [&](const auto& ticket) { return !is_of_period(ticket, period_); });
}

// Ids are given one after the other, so the newest ticket's tells how many there are. One call.
Status FsTicketFeed::count_tickets() {
  DH_ASSIGN(const auto answer, client_.get("tickets?updated_since=1970-01-01T00:00:00Z&per_page=1"));
  tickets_total_ = 0;
  if (answer.status != 200) return {};
  const auto newest = fs_list(answer.body, "tickets");
  if (newest && !newest->empty()) tickets_total_ = parse_integer(newest->front().id).value;
  return {};
}

FsTicketPage FsTicketFeed::page_of(Walk& walk, std::vector<FsObject> tickets) {
  const auto latest = server_now_us() + overlap_us_;  // what is later goes to quarantine, and moves nothing
  FsTicketPage page{.tickets = std::move(tickets), .is_new = {}};
  for (const auto& ticket : page.tickets) {
    const auto updated = ticket.updated_at ? ticket.updated_at->us : -1;
    const auto known = walk.known.find(ticket.id);
    page.is_new.push_back(known == walk.known.end() || known->second != updated);
    new_tickets_ += page.is_new.back() ? 1 : 0;
    walk.known[ticket.id] = updated;
    if (updated <= latest) walk.latest_us = std::max(walk.latest_us, updated);
  }
  return page;
}

// All that was updated before the walk began has been seen; later updates may have been, or not. The cursor goes back
// with a clock that was set back: what is written from now on bears its times.
void FsTicketFeed::finish(Walk& walk) {
  walk.done = true;
  walk.cursor_us = std::min(std::max(walk.cursor_us, walk.latest_us), walk.begun_us);
}

bool FsTicketFeed::has_more() const {
  return !forbidden_ && std::ranges::any_of(walks_, [](const auto& w) { return !w.second.done; });
}

std::int64_t FsTicketFeed::tickets_left() const {
  if (!has_more()) return 0;
  return tickets_total_ > 0 ? std::max<std::int64_t>(1, tickets_total_ - tickets_before_ - tickets_) : -1;
}

std::int64_t FsTicketFeed::calls_left() const {
  const auto behind = tickets_left();
  if (behind < 0) return -1;
  const auto lists = std::max<std::int64_t>(0, new_tickets_ * nested_readers_ - lists_asked_);
  return lists + behind * nested_readers_ + behind / kPage;
}

std::string FsTicketFeed::state() const {
  const bool complete = !has_more();
  Json workspaces = Json::object();
  for (const auto& [id, walk] : walks_) {
    Json stored{{"cursor", walk.cursor_us}, {"ahead", walk.ahead_us}};
    // What a later walk may meet again: from the overlap on, or the latest pages.
    const auto& at = walk.position;
    const auto from = (walk.done ? walk.cursor_us : at.by_updated_at ? at.since_us : walk.begun_us) - overlap_us_;
    Json known = Json::object();
    for (const auto& [ticket, updated] : walk.known)
      if (updated < 0 || updated >= from) known[ticket] = updated;
    if (!walk.done)
      for (const auto& ticket : at.anchors)
        if (const auto given = walk.known.find(ticket); given != walk.known.end()) known[ticket] = given->second;
    stored["known"] = std::move(known);
    if (!complete && walk.under_way) {
      stored["walk"] = to_json(walk.position);
      stored["latest"] = walk.latest_us;
      stored["begun"] = walk.begun_us;
      stored["done"] = walk.done;
    }
    workspaces[id] = std::move(stored);
  }
  return Json{{"url", client_.url()},
              {"tickets", complete ? 0 : tickets_before_ + tickets_},
              {"total", complete ? -1 : tickets_total_},
              {"workspaces", workspaces}}
      .dump();
}

}  // namespace deskhouse::sources
