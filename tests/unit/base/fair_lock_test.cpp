#include "base/fair_lock.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace deskhouse {
namespace {

TEST(FairLock, LetsPassInTheOrderOfAsking) {
  FairLock lock;
  lock.lock();
  std::vector<int> order;
  std::array<std::atomic<bool>, 4> asks{};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      // It is in line once it has looked whether it should give up.
      const bool is_ours = lock.lock_unless([&] {
        asks[static_cast<std::size_t>(i)] = true;
        return false;
      });
      EXPECT_TRUE(is_ours);
      order.push_back(i);
      lock.unlock();
    });
    while (!asks[static_cast<std::size_t>(i)]) std::this_thread::yield();
  }
  lock.unlock();
  threads.clear();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

TEST(FairLock, WhoGivesUpIsPassedOver) {
  FairLock lock;
  lock.lock();
  std::atomic<int> looks = 0;
  std::atomic<bool> gives_up = false, waits = false;
  std::jthread first([&] {
    EXPECT_FALSE(lock.lock_unless([&] {
      ++looks;
      return gives_up.load();
    }));
  });
  while (looks == 0) std::this_thread::yield();
  bool passed = false;
  std::jthread second([&] {
    EXPECT_TRUE(lock.lock_unless([&] {
      waits = true;
      return false;
    }));
    passed = true;
    lock.unlock();
  });
  while (!waits) std::this_thread::yield();
  gives_up = true;
  first.join();
  lock.unlock();
  second.join();
  EXPECT_TRUE(passed);
  lock.lock();  // and it is free
  lock.unlock();
}

TEST(FairLock, KeepsOthersOut) {
  FairLock lock;
  int count = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 1000; ++n) {
          const std::lock_guard guard(lock);
          ++count;
        }
      });
  }
  EXPECT_EQ(count, 4000);
}

}  // namespace
}  // namespace deskhouse
