// The tickets of a Freshservice that changed since an earlier run, in slices that a run can publish: what the readers
// of tickets, activities, time entries and surveys have in common (docs/decisions/0021).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sources/fs_pages.h"
#include "sources/source.h"

namespace deskhouse::sources {

// Whether it was created or updated in the period, or does not tell; no period: it is. updated_since finds all that
// were: who was created then was not updated before.
bool is_of_period(const FsObject& record, const std::optional<Period>& period);
// What the server's clock has lost against ours since it was `before_us` ahead: what is written from now on may be so
// much older than what was read then.
std::int64_t clock_lost_us(const FsClient& client, std::int64_t before_us);
// updated_since of a period.
std::int64_t since_us_of(const Period& period);

// A page of changed tickets. Not thread-safe.
struct FsTicketPage {
  std::vector<FsObject> tickets;
  std::vector<bool> is_new;  // parallel: not read, as it is now, by the run before
};

// One slice: from where the run before stopped, for at most about `tickets_max` tickets or to the end of the list.
// Pages are asked for when somebody wants them, and kept for the others. One thread at a time.
class FsTicketFeed {
 public:
  // `state`: state() of an earlier feed, or empty. A state of another account counts as empty. `period`: of a backfill,
  // which gives only tickets that were created or updated then; `state` is that of a feed with the same one.
  FsTicketFeed(FsClient& client, std::vector<std::string> workspaces, const std::string& state,
               std::int64_t overlap_seconds, std::optional<Period> period);

  // Known from the beginning on: who reads it.
  void add_reader(bool wants_fields);
  void limit(std::int64_t calls_per_slice);  // before the first page

  // Page number `index` of the slice; null behind the last. What was given stays where it is.
  Result<const FsTicketPage*> page(std::size_t index);
  bool forbidden() const { return forbidden_; }
  // Once the last page was given: whether the list goes on, and where.
  bool has_more() const;
  std::string state() const;
  // Where the feed began: updated_since of its first request.
  std::int64_t start_us() const;
  const std::vector<std::string>& workspaces() const { return workspaces_; }
  // About how many tickets are left behind what was given; -1: nobody knows.
  std::int64_t tickets_left() const;
  // About how many calls all its readers will still make, in this slice and behind it; -1: nobody knows.
  std::int64_t calls_left() const;
  // A reader has asked for so many lists of tickets that were given.
  void asked(std::int64_t lists) { lists_asked_ += lists; }

 private:
  // Of one workspace.
  struct Walk {
    std::int64_t cursor_us = 0;  // all that was updated before it has been given
    std::int64_t latest_us = 0;  // greatest updated_at of the walk under way
    std::int64_t begun_us = 0;   // the server's clock when it began
    std::int64_t ahead_us = 0;   // and what it was ahead of ours
    bool under_way = false;
    bool done = false;
    FsPosition position;
    std::map<std::string, std::int64_t> known;  // id -> updated_at of what was given near the cursor
  };
  void read_state(const std::string& state);
  void take_state(const nlohmann::json& json);
  Status pull();
  std::int64_t server_now_us() const;
  void finish(Walk& walk);
  void keep_period(std::vector<FsObject>& tickets) const;
  FsTicketPage page_of(Walk& walk, std::vector<FsObject> tickets);
  Status count_tickets();

  FsClient& client_;
  const std::vector<std::string> workspaces_;  // "" stands for the primary one
  const std::int64_t overlap_us_;
  const std::optional<Period> period_;
  std::map<std::string, Walk> walks_;
  std::size_t workspace_ = 0;  // index of the one that is read
  std::unique_ptr<FsPages> pages_;
  std::vector<std::unique_ptr<FsTicketPage>> given_;
  std::int64_t tickets_ = 0, tickets_max_ = 10'000, tickets_total_ = -1, tickets_before_ = 0;
  std::int64_t pages_read_ = 0, pages_max_ = 1'000;  // of a period many pages may have none of its tickets
  std::int64_t new_tickets_ = 0, lists_asked_ = 0;
  int nested_readers_ = 0;
  bool wants_fields_ = false, ended_ = false, forbidden_ = false;
};

}  // namespace deskhouse::sources
