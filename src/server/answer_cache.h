// Answers that were computed, kept until the data is new, they are old, or there is no room: the least recently used go
// first. Whoever asks for what somebody else is computing waits for that answer. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "base/values.h"

namespace deskhouse::server {

class AnswerCache {
 public:
  AnswerCache(std::size_t bytes_max, std::int64_t seconds_max) : bytes_max_(bytes_max), seconds_max_(seconds_max) {}

  struct Answer {
    std::string text;
    bool was_kept = false;
    std::int64_t age_seconds = 0;
  };
  // `key` holds all that the answer depends on, the data's version too. An error is not kept. `now`: as in
  // base/values.h.
  // `seconds`: how old the answer may be, in place of the cache's own; 0: no older than the request.
  Result<Answer> get(const std::string& key, Timestamp now, const std::function<Result<std::string>()>& compute,
                     std::optional<std::int64_t> seconds = std::nullopt);

  struct Counts {
    std::int64_t hits = 0, misses = 0, evictions = 0;
    std::size_t bytes = 0, entries = 0;
  };
  Counts counts() const;
  void clear();  // the data is new: what was kept is never asked for again

 private:
  struct Entry {
    std::string key, text;
    Timestamp made;
  };
  void keep(const std::string& key, const std::string& text, Timestamp now);
  void drop(std::list<Entry>::iterator entry);

  const std::size_t bytes_max_;
  const std::int64_t seconds_max_;
  mutable std::mutex mutex_;
  std::condition_variable computed_;
  std::list<Entry> entries_;  // the most recently used one first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
  std::unordered_map<std::string, int> under_way_;
  Counts counts_;
};

}  // namespace deskhouse::server
