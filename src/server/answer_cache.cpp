#include "server/answer_cache.h"

#include <algorithm>

namespace deskhouse::server {

Result<AnswerCache::Answer> AnswerCache::get(const std::string& key, Timestamp now,
                                             const std::function<Result<std::string>()>& compute,
                                             std::optional<std::int64_t> seconds) {
  const auto most = seconds.value_or(seconds_max_) * kMicrosPerSecond;
  bool has_waited = false;  // what was computed meanwhile is new enough
  std::unique_lock lock(mutex_);
  while (true) {
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
      const auto age = std::max<std::int64_t>(now.us - found->second->made.us, 0);
      if ((most > 0 && age <= most) || has_waited) {
        entries_.splice(entries_.begin(), entries_, found->second);
        ++counts_.hits;
        return Answer{found->second->text, true, age / kMicrosPerSecond};
      }
    }
    if (!under_way_.contains(key)) break;
    computed_.wait(lock);  // it may fail: then this one computes
    has_waited = true;
  }
  ++counts_.misses;
  under_way_[key] = 1;
  lock.unlock();
  auto text = compute();
  lock.lock();
  under_way_.erase(key);
  computed_.notify_all();
  if (!text) return std::unexpected(text.error());
  keep(key, *text, now);
  return Answer{*std::move(text)};
}

void AnswerCache::keep(const std::string& key, const std::string& text, Timestamp now) {
  const auto bytes = key.size() + text.size();
  if (const auto old = by_key_.find(key); old != by_key_.end()) drop(old->second);
  if (bytes > bytes_max_ / 4) return;  // one answer does not push out all others
  entries_.push_front({key, text, now});
  by_key_[key] = entries_.begin();
  counts_.bytes += bytes;
  while (counts_.bytes > bytes_max_) {
    ++counts_.evictions;
    drop(std::prev(entries_.end()));
  }
}

void AnswerCache::drop(std::list<Entry>::iterator entry) {
  counts_.bytes -= entry->key.size() + entry->text.size();
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

AnswerCache::Counts AnswerCache::counts() const {
  const std::lock_guard lock(mutex_);
  auto counts = counts_;
  counts.entries = entries_.size();
  return counts;
}

void AnswerCache::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
  by_key_.clear();
  counts_.bytes = 0;
}

}  // namespace deskhouse::server
