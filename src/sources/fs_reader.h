// What all readers of a Freshservice share: JSON objects that come in pieces, as records.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sources/fs_client.h"
#include "sources/fs_names.h"
#include "sources/fs_tickets.h"
#include "sources/json_record.h"
#include "sources/source.h"

namespace deskhouse::sources {

// Of one source and run; outlives its readers.
struct FsShared {
  FsShared(const config::SourceConfig& source)
      : account(source.freshservice), client(source.freshservice, source.name, source.line), names(client) {}
  const config::Freshservice account;
  FsClient client;
  FsNames names;
  std::vector<std::string> workspaces;                         // "" stands for the primary one
  std::map<std::string, std::shared_ptr<FsTicketFeed>> feeds;  // by the state that they begin from
  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
};

class FsReader : public Reader {
 public:
  FsReader(FsShared& shared, const config::EntityMapping& entity, std::vector<std::string> columns);

  const std::vector<std::string>& columns() const override { return columns_; }
  std::vector<std::string> unmapped_columns() const override;
  std::string header(std::int32_t) const override { return {}; }
  Progress progress() const override;
  Result<bool> next(RawBatch& batch, std::size_t max_records) override;
  std::string state() const override { return unavailable_.empty() ? state_ : std::string(); }
  std::optional<Timestamp> latest_update() const override;
  bool unfinished() const override { return unfinished_; }
  std::string unavailable() const override { return unavailable_; }
  std::optional<std::vector<SourceColumn>> columns_seen() const override;

 protected:
  // Adds records with add(); false: there are no more. May add none and say true. At the end it has set state_.
  virtual Result<bool> refill() = 0;

  void add(std::string record) { records_.push_back(std::move(record)); }
  void set_unavailable(const std::string& what);
  // For progress: about so many calls are left.
  void expect_calls(std::int64_t left) { calls_left_.store(left, std::memory_order_relaxed); }

  FsShared& shared_;
  const config::EntityMapping entity_;
  std::string state_;
  bool unfinished_ = false;

 private:
  double seconds_a_call(std::int64_t calls) const;
  void append(RawBatch& batch, TextArena& arena, std::string record);
  Status check_seen() const;

  const std::vector<std::string> columns_;
  const std::string shown_;
  const std::size_t limit_;
  const std::int64_t allowance_us_;  // what the server's clock is ahead of ours, and the overlap
  JsonRecords json_;
  std::deque<std::string> records_;
  std::int64_t position_ = 0, sound_ = 0;
  bool ended_ = false;
  std::string unavailable_;
  std::atomic<std::int64_t> calls_left_{-1};
  std::optional<Error> error_;
};

// Lists that are read as a whole, or from updated_since on: groups, agents, assets, changes, ...
std::unique_ptr<Reader> make_fs_list_reader(FsShared& shared, const config::EntityMapping& entity,
                                            const std::vector<std::string>& columns, const Since& since);
// Tickets, the deleted and the spam among them.
std::unique_ptr<Reader> make_fs_ticket_reader(FsShared& shared, const config::EntityMapping& entity,
                                              const std::vector<std::string>& columns, const Since& since);
// What open_keys gives: every record that the account has now, deleted and spam tickets too. REQUIRES no nested list.
std::unique_ptr<Reader> make_fs_key_reader(FsShared& shared, const config::EntityMapping& entity,
                                           const std::vector<std::string>& columns);
// ticket_events, surveys and time_entries: what hangs on the tickets that changed.
std::unique_ptr<Reader> make_fs_nested_reader(FsShared& shared, const config::EntityMapping& entity,
                                              const std::vector<std::string>& columns, const Since& since);

// What open_keys_of gives: the surveys or time entries of these tickets.
std::unique_ptr<Reader> make_fs_nested_key_reader(FsShared& shared, const config::EntityMapping& entity,
                                                  const std::vector<std::string>& columns,
                                                  const std::vector<std::string>& tickets);

// The feed that begins from the part `feed` of a stored state; readers of the same state share one.
std::shared_ptr<FsTicketFeed> fs_feed_of(FsShared& shared, const config::EntityMapping& entity,
                                         const std::string& feed_state, const std::optional<Period>& period);

}  // namespace deskhouse::sources
