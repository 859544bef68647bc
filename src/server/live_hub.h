// What happens, for everybody who watches: each event is made once, and goes to all viewers. Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

namespace deskhouse::server {

class LiveHub {
 public:
  // Numbers grow with each event, also over a restart (`first` is the time), so that a viewer who comes back with an
  // old number is told what it missed, or everything that is kept.
  explicit LiveHub(std::int64_t first) : next_(first) {}

  // `replaces`: those of the same name before it say nothing more, and are not kept.
  void publish(std::string_view event, std::string_view json, bool replaces = false);
  // The events after number `id` as text of a stream (WHATWG server-sent events), and the number of the latest one in
  // `id`. A viewer without a number gets the latest event of each kind.
  std::string after(std::int64_t& id) const;

 private:
  static constexpr std::size_t kKept = 1000;
  struct Event {
    std::int64_t id;
    std::string name, text;
  };
  mutable std::mutex mutex_;
  std::int64_t next_;
  std::deque<Event> events_;
};

}  // namespace deskhouse::server
