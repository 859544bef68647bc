// What was found out about statements that were allowed: one that is asked again needs no look at its syntax tree, and,
// where its answer is kept, no connection either. Thread-safe.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace deskhouse::server {

class KnownStatements {
 public:
  // `bytes_max`: of texts. When they are more, all are forgotten: those in use are back at once.
  explicit KnownStatements(std::size_t bytes_max = 4 << 20) : bytes_max_(bytes_max) {}

  struct Known {
    bool is_stable = false;   // its answer may be kept
    std::string fingerprint;  // the same for statements that differ in spaces, comments and the case of keywords only
  };
  std::optional<Known> find(const std::string& sql) const {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(sql);
    return found == known_.end() ? std::nullopt : std::optional(found->second);
  }
  void keep(const std::string& sql, const Known& known) {
    const std::lock_guard lock(mutex_);
    if (!known_.try_emplace(sql, known).second) return;
    bytes_ += sql.size() + known.fingerprint.size();
    if (bytes_ <= bytes_max_) return;
    known_.clear();
    bytes_ = 0;
  }

 private:
  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Known> known_;
  std::size_t bytes_ = 0;
};

}  // namespace deskhouse::server
