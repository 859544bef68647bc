// A mutex that lets pass in the order of asking, so that one who locks again and again does not keep others out.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>

namespace deskhouse {

// As std::mutex (BasicLockable): the thread that locked it unlocks it, and may not lock it twice.
class FairLock {
 public:
  void lock() {
    std::unique_lock guard(mutex_);
    const auto mine = next_++;
    turn_.wait(guard, [&] { return serving_ == mine; });
  }
  // As lock(), unless `given_up` says meanwhile that it is not wanted any more: whether it was locked.
  bool lock_unless(const std::function<bool()>& given_up) {
    constexpr std::chrono::milliseconds kBetweenLooks{20};
    std::unique_lock guard(mutex_);
    const auto mine = next_++;
    while (!turn_.wait_for(guard, kBetweenLooks, [&] { return serving_ == mine; })) {
      if (!given_up()) continue;
      left_.insert(mine);
      return false;
    }
    return true;
  }
  void unlock() {
    {
      const std::lock_guard guard(mutex_);
      ++serving_;
      while (left_.erase(serving_) > 0) ++serving_;
    }
    turn_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable turn_;
  std::uint64_t next_ = 0, serving_ = 0;
  std::set<std::uint64_t> left_;  // turns of those who have given up
};

}  // namespace deskhouse
