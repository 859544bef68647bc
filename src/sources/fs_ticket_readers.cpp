// Tickets, and what hangs on them.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "sources/fs_activity.h"
#include "sources/fs_reader.h"

namespace deskhouse::sources {
namespace {

using Json = nlohmann::json;

// A part of a stored state, as text; empty: none.
std::string part_of(const std::string& state, const char* name) {
  const auto json = Json::parse(state, nullptr, false);
  return json.is_object() && json.contains(name) ? json.at(name).dump() : std::string();
}

template <class T>
T value_of(const std::string& state, const char* name, T otherwise) {
  const auto json = Json::parse(state, nullptr, false);
  try {
    return json.is_object() && json.contains(name) ? json.at(name).get<T>() : otherwise;
  } catch (const Json::exception&) {
    return otherwise;
  }
}

class TicketReader final : public FsReader {
 public:
  TicketReader(FsShared& shared, const config::EntityMapping& entity, const std::vector<std::string>& columns,
               const Since& since)
      : FsReader(shared, entity, columns),
        feed_(fs_feed_of(shared, entity, part_of(since.state, "feed"), since.period)),
        period_(since.period),
        swept_us_(value_of<std::int64_t>(since.state, "swept", 0)),
        marked_(value_of<std::vector<std::string>>(since.state, "marked", {})) {
    feed_->add_reader(true);
  }

 private:
  Result<bool> refill() override {
    if (!listed_) {
      feed_->limit(shared_.account.calls_per_slice);
      DH_ASSIGN(const auto* page, feed_->page(next_page_));
      if (page != nullptr) {
        ++next_page_;
        for (const auto& ticket : page->tickets) add(ticket.text);
        expect_calls(feed_->calls_left());
        return true;
      }
      listed_ = true;
      if (feed_->forbidden()) {
        set_unavailable("tickets");
        return false;
      }
      unfinished_ = feed_->has_more();
      if (!unfinished_) prepare_sweep();
    }
    if (next_sweep_ < sweeps_.size()) {
      DH_TRY(sweep(sweeps_[next_sweep_]));
      return true;
    }
    if (is_full_sweep_ && !looked_at_restored_) {
      looked_at_restored_ = true;
      DH_TRY(look_at_restored());
      return true;
    }
    finish();
    return false;
  }

  // Deleted and spam tickets are in no other list. Those whose updated_at tells are seen each time; all of them are
  // looked at once in a while.
  struct Sweep {
    FsList list;
    std::unique_ptr<FsPages> pages;
  };
  void prepare_sweep() {
    const auto now_us = latest_update()->us - entity_.overlap_seconds * kMicrosPerSecond;
    const auto age_us = now_us - swept_us_;  // less than nothing: the server's clock was set back
    is_full_sweep_ = !period_ && (age_us < 0 || age_us >= shared_.account.sweep_seconds * kMicrosPerSecond);
    if (is_full_sweep_) swept_us_ = now_us;
    for (const auto& workspace : feed_->workspaces())
      for (const char* filter : {"deleted", "spam"}) {
        auto query = fmt::format("filter={}&include=stats", filter);
        if (!workspace.empty()) query += "&workspace_id=" + workspace;
        sweeps_.push_back(
            {{.path = "tickets", .name = "tickets", .query = query, .has_since = true, .ask_order = true}, nullptr});
      }
  }

  Status sweep(Sweep& sweep) {
    if (!sweep.pages) {
      FsPosition from;
      from.since_us = from.start_us = is_full_sweep_ ? 0 : feed_->start_us();
      sweep.pages = std::make_unique<FsPages>(shared_.client, sweep.list, from);
    }
    DH_ASSIGN(auto tickets, sweep.pages->next());
    for (auto& ticket : tickets) {
      if (!is_of_period(ticket, period_)) continue;
      found_marked_.push_back(ticket.id);
      add(std::move(ticket.text));
    }
    if (sweep.pages->done()) ++next_sweep_;
    return {};
  }

  // A ticket that was deleted or spam and is neither now came back, or is gone for good.
  Status look_at_restored() {
    std::vector<std::string> paths;
    for (const auto& id : marked_)
      if (std::ranges::find(found_marked_, id) == found_marked_.end())
        paths.push_back(fmt::format("tickets/{}?include=stats", id));
    DH_ASSIGN(const auto answers, shared_.client.get(paths));
    for (const auto& answer : answers) {
      if (answer.status == 0) return std::unexpected(shared_.client.with_name(answer.failure));
      if (auto ticket = answer.status == 200 ? fs_object(answer.body, "ticket") : std::nullopt)
        add(std::move(ticket->text));
    }
    return {};
  }

  void finish() {
    if (!is_full_sweep_) found_marked_.insert(found_marked_.end(), marked_.begin(), marked_.end());
    std::ranges::sort(found_marked_);
    const auto twice = std::ranges::unique(found_marked_);
    found_marked_.erase(twice.begin(), twice.end());
    const auto feed = Json::parse(feed_->state());
    state_ = Json{{"feed", feed}, {"swept", swept_us_}, {"marked", found_marked_}}.dump();
  }

  std::shared_ptr<FsTicketFeed> feed_;
  const std::optional<Period> period_;  // of a backfill
  std::size_t next_page_ = 0, next_sweep_ = 0;
  std::int64_t swept_us_;            // the server's clock when all deleted and spam tickets were last looked at
  std::vector<std::string> marked_;  // ids of those that were found deleted or spam
  std::vector<std::string> found_marked_;
  std::vector<Sweep> sweeps_;
  bool listed_ = false, is_full_sweep_ = false, looked_at_restored_ = false;
};

struct NestedKind {
  std::string_view entity, path, list;  // list: name of the array in the answer; empty: one object
};
constexpr NestedKind kNested[] = {
    {"ticket_events", "activities", "activities"},
    {"time_entries", "time_entries", "time_entries"},
    {"surveys", "csat_response", ""},
};

class NestedReader final : public FsReader {
 public:
  NestedReader(FsShared& shared, const config::EntityMapping& entity, const std::vector<std::string>& columns,
               const Since& since, const NestedKind& kind)
      : FsReader(shared, entity, columns),
        kind_(kind),
        feed_(fs_feed_of(shared, entity, part_of(since.state, "feed"), since.period)),
        is_backfill_(since.period.has_value()),
        todo_(value_of<std::vector<std::string>>(since.state, "owed", {})) {
    feed_->add_reader(false);
  }
  // Of these tickets, whatever changed.
  NestedReader(FsShared& shared, const config::EntityMapping& entity, const std::vector<std::string>& columns,
               const NestedKind& kind, std::vector<std::string> tickets)
      : FsReader(shared, entity, columns), kind_(kind), is_backfill_(false), todo_(std::move(tickets)) {}

  std::vector<std::string> listed_parents() const override { return listed_; }

 private:
  static constexpr std::size_t kOwedMax = 1000;  // more than so many lists that fail are no accident

  Result<bool> refill() override {
    if (todo_.empty() && !feed_) return false;
    if (todo_.empty()) {
      feed_->limit(shared_.account.calls_per_slice);
      DH_ASSIGN(const auto* page, feed_->page(next_page_));
      if (page == nullptr) return finish();
      ++next_page_;
      for (std::size_t i = 0; i < page->tickets.size(); ++i)
        if (page->is_new[i]) todo_.push_back(page->tickets[i].id);
      return true;
    }
    constexpr std::size_t kCallsEach = 4;
    const auto count = std::min(todo_.size(), kCallsEach * static_cast<std::size_t>(shared_.account.concurrency));
    const std::vector<std::string> tickets(todo_.begin(), todo_.begin() + static_cast<std::ptrdiff_t>(count));
    DH_TRY(read(tickets));
    if (!unavailable().empty()) return false;
    todo_.erase(todo_.begin(), todo_.begin() + static_cast<std::ptrdiff_t>(count));
    if (feed_) feed_->asked(static_cast<std::int64_t>(count));
    expect_calls(feed_ ? feed_->calls_left() : std::ssize(todo_));
    return true;
  }

  Result<bool> finish() {
    if (feed_->forbidden()) {
      set_unavailable(fmt::format("{} of tickets", kind_.path));
      return false;
    }
    unfinished_ = feed_->has_more();
    // The last state of a backfill is not kept: nobody would ask again.
    if (is_backfill_ && !unfinished_ && !owed_.empty())
      return std::unexpected(shared_.client.with_name(
          fmt::format("{} of {} tickets could not be read ({}); the same backfill again goes on here", kind_.path,
                      owed_.size(), last_failure_)));
    state_ = Json{{"feed", Json::parse(feed_->state())}, {"owed", owed_}}.dump();
    return false;
  }

  std::string path_of(const std::string& ticket) const {
    return fmt::format("tickets/{}/{}{}", ticket, kind_.path, kind_.list.empty() ? "" : "?per_page=100");
  }

  Status read(const std::vector<std::string>& tickets) {
    std::vector<std::string> paths;
    for (const auto& ticket : tickets) paths.push_back(path_of(ticket));
    DH_ASSIGN(auto answers, shared_.client.get(paths));
    for (std::size_t i = 0; i < tickets.size(); ++i) {
      const auto& answer = answers[i];
      if (answer.status == 403) {
        set_unavailable(fmt::format("{} of tickets", kind_.path));
        return {};
      }
      if (answer.status == 0 || answer.status == 400) {
        DH_TRY(owe(tickets[i], answer));
        continue;
      }
      fails_ = 0;
      is_whole_ = true;
      if (answer.status != 404) {  // the ticket is gone, or there was no survey
        if (kind_.list.empty())
          take_survey(tickets[i], answer.body);
        else
          DH_TRY(take_list(tickets[i], answer));
      }
      if (is_whole_ && kind_.entity != "ticket_events") listed_.push_back(tickets[i]);
    }
    return {};
  }

  // One list that the server cannot give does not stop the others; it is asked for again by the next run.
  Status owe(const std::string& ticket, const FsAnswer& answer) {
    constexpr int kFailsInARow = 20;
    const auto why = answer.status == 400 ? fmt::format("{} is refused (400)", path_of(ticket)) : answer.failure;
    if (++fails_ >= kFailsInARow || owed_.size() >= kOwedMax)
      return std::unexpected(
          shared_.client.with_name(fmt::format("{} (and {} more); run again later", why, fails_ - 1)));
    owed_.push_back(ticket);
    last_failure_ = why;
    return {};
  }

  Status take_list(const std::string& ticket, const FsAnswer& first) {
    auto records = fs_list(first.body, kind_.list);
    if (!records) return no_list(ticket);
    if (first.has_next) {
      DH_ASSIGN(records, whole_list(ticket));
    }
    if (kind_.entity == "ticket_events") {
      DH_TRY(shared_.names.need_statuses());
      DH_TRY(shared_.names.need_people());
      for (auto& event : fs_events(ticket, std::move(*records), shared_.names)) add(std::move(event));
      return {};
    }
    for (auto& record : *records) {
      std::vector<std::pair<std::string, std::string>> members{{"ticket_id", json_text(ticket)}};
      const auto spent = fs_member(record.text, "time_spent");
      const auto minutes = fs_minutes(spent.value_or(""));
      if (minutes)
        members.emplace_back("time_spent_minutes", std::to_string(*minutes));
      else if (spent)
        members.emplace_back("time_spent_minutes", json_text(*spent));  // goes to quarantine
      add(fs_with_members(record.text, members));
    }
    return {};
  }

  std::unexpected<Error> no_list(const std::string& ticket) const {
    return std::unexpected(
        shared_.client.with_name(fmt::format("the answer to {} has no list \"{}\"", path_of(ticket), kind_.list)));
  }

  // Several pages: read until the first page is the same before and after the others, so that none of them moved.
  Result<std::vector<FsObject>> whole_list(const std::string& ticket) {
    constexpr int kTries = 5;
    std::vector<FsObject> records;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      records.clear();
      std::string first_page;
      bool more = true;
      for (int page = 1; more; ++page) {
        DH_ASSIGN(const auto answer, shared_.client.get(fmt::format("{}&page={}", path_of(ticket), page)));
        auto part = fs_list(answer.body, kind_.list);
        if (answer.status != 200 || !part) return no_list(ticket);
        if (page == 1) first_page = answer.body;
        more = answer.has_next;
        std::ranges::move(*part, std::back_inserter(records));
      }
      DH_ASSIGN(const auto again, shared_.client.get(path_of(ticket) + "&page=1"));
      if (again.body == first_page) return records;
    }
    is_whole_ = false;  // records may have been passed over
    return records;
  }

  void take_survey(const std::string& ticket, const std::string& body) {
    if (const auto survey = fs_object(body, "csat_response"))
      add(fs_with_members(survey->text, {{"ticket_id", json_text(ticket)}}));
  }

  const NestedKind kind_;
  std::shared_ptr<FsTicketFeed> feed_;  // null: only the tickets of todo_
  const bool is_backfill_;
  std::size_t next_page_ = 0;
  std::vector<std::string> todo_;  // tickets whose list is to be read; at first what an earlier run owes
  std::vector<std::string> owed_;
  std::vector<std::string> listed_;  // tickets whose list was given whole
  bool is_whole_ = true;             // the list that is being taken
  std::string last_failure_;
  int fails_ = 0;  // in a row
};

}  // namespace

std::unique_ptr<Reader> make_fs_ticket_reader(FsShared& shared, const config::EntityMapping& entity,
                                              const std::vector<std::string>& columns, const Since& since) {
  return std::make_unique<TicketReader>(shared, entity, columns, since);
}

std::unique_ptr<Reader> make_fs_nested_reader(FsShared& shared, const config::EntityMapping& entity,
                                              const std::vector<std::string>& columns, const Since& since) {
  const auto* kind = std::ranges::find(kNested, entity.entity, &NestedKind::entity);
  DH_ASSERT(kind != std::end(kNested), "one of the lists of a ticket");
  return std::make_unique<NestedReader>(shared, entity, columns, since, *kind);
}

std::unique_ptr<Reader> make_fs_nested_key_reader(FsShared& shared, const config::EntityMapping& entity,
                                                  const std::vector<std::string>& columns,
                                                  const std::vector<std::string>& tickets) {
  const auto* kind = std::ranges::find(kNested, entity.entity, &NestedKind::entity);
  DH_ASSERT(kind != std::end(kNested), "one of the lists of a ticket");
  return std::make_unique<NestedReader>(shared, entity, columns, *kind, tickets);
}

}  // namespace deskhouse::sources
