// A mutex that lets pass in the order of asking, so that one who locks again and again does not keep others out.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace deskhouse {

// As std::mutex (BasicLockable): the thread that locked it unlocks it, and may not lock it twice.
class FairLock {
 public:
  void lock() {
    std::unique_lock guard(mutex_);
    const auto mine = next_++;
    turn_.wait(guard, [&] { return serving_ == mine; });
  }
  void unlock() {
    {
      const std::lock_guard guard(mutex_);
      ++serving_;
    }
    turn_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable turn_;
  std::uint64_t next_ = 0, serving_ = 0;
};

}  // namespace deskhouse
