// The observations of tickets while a model computes their measures: put in by remember_history(), found by
// ticket_measures() by the ticket's key. An aggregate of lists in SQL took three times the time and five times the
// memory.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/history.h"

namespace deskhouse::warehouse {

// Filling and reading are both thread-safe, but fill first: what is added after a find() may be found in a wrong order.
class Histories {
 public:
  struct Entry {
    std::int64_t ticket, at, version, key;  // ordered by all four
    std::uint32_t texts;
  };
  struct Texts {
    std::optional<std::string_view> status, assigned_to, group_id;
  };

  Histories() { clear(); }
  void clear();
  // Room for about that many observations: growing costs twice the memory for a while.
  void reserve(std::int64_t observations);

  // Adds under one lock; `entries[i].texts` is filled in from `texts[i]`, whose views need not outlive the call.
  void add(std::vector<Entry>& entries, const std::vector<Texts>& texts);

  // The ticket's observations in order, into `out` (emptied first); the views live until clear().
  void find(std::int64_t ticket, std::vector<core::Observation>& out);

 private:
  // Tickets' keys are hashes: their upper bits spread them evenly, over buckets and over the slots of each, of which
  // about one has a ticket's observations. A bucket is ordered when it is first read.
  static constexpr int kBucketBits = 8;
  struct Bucket {
    std::vector<Entry> entries;
    std::vector<std::uint32_t> slots;  // where the entries of a slot begin; one more at the end
    int slot_bits = 0;
    std::once_flag ordered;
    void order();
    std::size_t slot_of(std::int64_t ticket) const {
      return slot_bits == 0 ? 0 : (static_cast<std::uint64_t>(ticket) << kBucketBits) >> (64 - slot_bits);
    }
  };
  using Buckets = std::array<Bucket, 1 << kBucketBits>;
  static std::size_t bucket_of(std::int64_t ticket) { return static_cast<std::uint64_t>(ticket) >> (64 - kBucketBits); }
  std::uint32_t intern(const Texts& texts);

  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::mutex mutex_;
  std::unique_ptr<Buckets> buckets_;
  // A few thousand combinations of (status, agent, group) make up millions of observations.
  std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> numbers_;
  std::deque<Texts> texts_;  // views into the keys of numbers_
  std::string key_;
};

}  // namespace deskhouse::warehouse
