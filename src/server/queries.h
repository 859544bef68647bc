// What readers have under way: how many at once, who waits for whom, and how to stop one. A reader who asks for too
// much is stopped at its deadline; until then the others are answered, because those who compute are fewer than the
// threads, and nobody has all of their places (docs/decisions/0043). Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/values.h"

namespace deskhouse::server {

struct QueryLimits {
  std::size_t inside = 24;            // that compute or wait for a place or for the answer of another; beyond: 503
  std::size_t running = 8;            // that compute
  std::size_t running_of_one = 4;     // of one visitor, where there is a login
  std::chrono::seconds patience{10};  // waiting for a place
};

class Queries {
  struct Entry;

 public:
  explicit Queries(QueryLimits limits) : limits_(limits) {}

  // A place among those who compute; given back at its end.
  class Turn {
   public:
    Turn(Turn&& other) noexcept : queries_(std::exchange(other.queries_, nullptr)), entry_(other.entry_) {}
    ~Turn();

   private:
    friend class Queries;
    Turn(Queries* queries, Entry* entry) : queries_(queries), entry_(entry) {}
    Queries* queries_;
    Entry* entry_;
  };
  // A request that is answered; it ends with this. The Queries outlive it.
  class Ticket {
   public:
    Ticket(Ticket&& other) noexcept
        : queries_(std::exchange(other.queries_, nullptr)), entry_(other.entry_), link_(std::move(other.link_)) {}
    ~Ticket();
    const std::string& id() const;
    std::stop_token stop() const;
    void describe(std::string what);  // what it does, for who looks
    // Waits for a place. An error says that there was none in time, or that the request was cancelled.
    Result<Turn> turn();

   private:
    friend class Queries;
    using Link = std::stop_callback<std::function<void()>>;
    Ticket(Queries* queries, std::list<Entry>::iterator entry) : queries_(queries), entry_(entry) {}
    Queries* queries_;
    std::list<Entry>::iterator entry_;
    std::unique_ptr<Link> link_;
  };

  // `id`: that the client chose; empty: one is made. `visitor`: empty: nobody had to say. `stop`: it hung up.
  // nullopt: there are too many; an error: the id is taken.
  Result<std::optional<Ticket>> enter(std::string id, std::string visitor, std::string peer, std::string what,
                                      std::stop_token stop, Timestamp now);
  // Whether there was such a one. `visitor`: only one of his; nullopt: anybody's.
  bool cancel(std::string_view id, const std::optional<std::string>& visitor);

  struct Seen {
    std::string id, visitor, peer, what;
    Timestamp since;
    bool is_running = false;
  };
  std::vector<Seen> list() const;  // the oldest first
  std::int64_t cancelled() const;
  std::int64_t turned_away() const;

 private:
  struct Entry : Seen {
    std::stop_source source;
  };
  bool has_place(const Entry& entry) const;

  const QueryLimits limits_;
  mutable std::mutex mutex_;  // of what follows
  std::condition_variable_any freed_;
  std::list<Entry> entries_;
  std::size_t running_ = 0;
  std::map<std::string, std::size_t> running_of_;
  std::int64_t next_ = 1, cancelled_ = 0, turned_away_ = 0;
};

}  // namespace deskhouse::server
