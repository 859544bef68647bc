// Hands values from one thread to another, at most `capacity` waiting: a slow reader slows the writer, memory stays
// flat.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace deskhouse {

template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  // Waits for room. false: the queue was closed, the value is not taken.
  bool push(T value) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return values_.size() < capacity_ || closed_; });
    if (closed_) return false;
    values_.push_back(std::move(value));
    filled_.notify_one();
    return true;
  }
  // Waits for a value. nullopt: closed, and everything was taken.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    const Taker taker(*this);
    filled_.wait(lock, [&] { return !values_.empty() || closed_; });
    return take();
  }
  // The same, and not longer than `most`; nullopt then, too.
  std::optional<T> pop_within(std::chrono::milliseconds most) {
    std::unique_lock lock(mutex_);
    const Taker taker(*this);
    filled_.wait_for(lock, most, [&] { return !values_.empty() || closed_; });
    return take();
  }
  // Waits until somebody waits for a value, and there is none; or it is closed.
  void wait_for_taker() {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return (takers_ > 0 && values_.empty()) || closed_; });
  }
  bool is_done() {  // closed, and everything was taken
    const std::lock_guard lock(mutex_);
    return closed_ && values_.empty();
  }
  // No more values: pop() gives what is left, push() refuses. Called by either side.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    filled_.notify_all();
    room_.notify_all();
  }

 private:
  struct Taker {  // REQUIRES the lock, at both ends of its life
    explicit Taker(BoundedQueue& of) : queue(of) {
      ++queue.takers_;
      queue.room_.notify_all();
    }
    ~Taker() { --queue.takers_; }
    BoundedQueue& queue;
  };
  // REQUIRES the lock. None if there is none.
  std::optional<T> take() {
    if (values_.empty()) return std::nullopt;
    std::optional<T> value(std::move(values_.front()));
    values_.pop_front();
    room_.notify_one();
    return value;
  }

  std::mutex mutex_;
  std::condition_variable room_, filled_;
  std::deque<T> values_;
  std::size_t capacity_;
  int takers_ = 0;
  bool closed_ = false;
};

}  // namespace deskhouse
