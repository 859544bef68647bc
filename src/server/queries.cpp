#include "server/queries.h"

#include <fmt/format.h>

#include <algorithm>

namespace deskhouse::server {

Queries::Turn::~Turn() {
  if (queries_ == nullptr) return;
  {
    const std::lock_guard lock(queries_->mutex_);
    entry_->is_running = false;
    --queries_->running_;
    if (--queries_->running_of_[entry_->visitor] == 0) queries_->running_of_.erase(entry_->visitor);
  }
  queries_->freed_.notify_all();
}

Queries::Ticket::~Ticket() {
  if (queries_ == nullptr) return;
  link_.reset();  // it may wait for a hang-up that is being told, which takes the lock
  const std::lock_guard lock(queries_->mutex_);
  queries_->entries_.erase(entry_);
}

const std::string& Queries::Ticket::id() const {
  return entry_->id;
}

std::stop_token Queries::Ticket::stop() const {
  return entry_->source.get_token();
}

void Queries::Ticket::describe(std::string what) {
  const std::lock_guard lock(queries_->mutex_);
  entry_->what = std::move(what);
}

bool Queries::has_place(const Entry& entry) const {
  if (running_ >= limits_.running) return false;
  if (entry.visitor.empty()) return true;
  const auto of_one = running_of_.find(entry.visitor);
  return of_one == running_of_.end() || of_one->second < limits_.running_of_one;
}

Result<Queries::Turn> Queries::Ticket::turn() {
  auto& q = *queries_;
  std::unique_lock lock(q.mutex_);
  const bool has_place =
      q.freed_.wait_for(lock, entry_->source.get_token(), q.limits_.patience, [&] { return q.has_place(*entry_); });
  if (entry_->source.stop_requested()) return fail(Error::Kind::usage, "the query was cancelled");
  if (!has_place) {
    ++q.turned_away_;
    return fail(Error::Kind::gate, "too much is being computed at once; try again in a moment");
  }
  entry_->is_running = true;
  ++q.running_;
  ++q.running_of_[entry_->visitor];
  return Turn(&q, &*entry_);
}

Result<std::optional<Queries::Ticket>> Queries::enter(std::string id, std::string visitor, std::string peer,
                                                      std::string what, std::stop_token stop, Timestamp now) {
  std::unique_lock lock(mutex_);
  if (entries_.size() >= limits_.inside) {
    ++turned_away_;
    return std::nullopt;
  }
  if (id.empty()) id = fmt::format("{:x}-{}", now.us, next_++);
  if (std::ranges::any_of(entries_, [&](const Entry& entry) { return entry.id == id; }))
    return fail(Error::Kind::config, fmt::format("a query of the id '{}' is under way already", id));
  entries_.emplace_back();
  const auto entry = std::prev(entries_.end());
  entry->id = std::move(id);
  entry->visitor = std::move(visitor);
  entry->peer = std::move(peer);
  entry->what = std::move(what);
  entry->since = now;
  Ticket ticket(this, entry);
  lock.unlock();
  ticket.link_ = std::make_unique<Ticket::Link>(std::move(stop), [this, source = entry->source] mutable {
    {
      const std::lock_guard counting(mutex_);
      ++cancelled_;
    }
    source.request_stop();
  });
  return ticket;
}

bool Queries::cancel(std::string_view id, const std::optional<std::string>& visitor) {
  std::unique_lock lock(mutex_);
  const auto found = std::ranges::find(entries_, id, &Entry::id);
  if (found == entries_.end() || (visitor && found->visitor != *visitor)) return false;
  ++cancelled_;
  auto source = found->source;
  lock.unlock();  // who waits for a place is woken by this, and takes the lock
  source.request_stop();
  return true;
}

std::vector<Queries::Seen> Queries::list() const {
  const std::lock_guard lock(mutex_);
  return {entries_.begin(), entries_.end()};
}

std::int64_t Queries::cancelled() const {
  const std::lock_guard lock(mutex_);
  return cancelled_;
}

std::int64_t Queries::turned_away() const {
  const std::lock_guard lock(mutex_);
  return turned_away_;
}

}  // namespace deskhouse::server
