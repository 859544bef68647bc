// An IANA time zone as a plain value: the list of its offset changes from 1970 to 2151. Loading reads one of
// the system's zone files; using it is pure, so the core may take one as an argument. Immutable, thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/values.h"

namespace deskhouse {

// From the instant `at` on, local = utc + offset_us.
struct OffsetChange {
  Timestamp at;
  std::int64_t offset_us;
  bool operator==(const OffsetChange&) const = default;
};

class TimeZone {
 public:
  // UTC.
  TimeZone();
  // "Europe/Amsterdam", "UTC", or a fixed offset "+09:00". Fails with the name and what to write instead.
  static Result<TimeZone> load(std::string_view name);

  const std::string& name() const { return name_; }
  bool is_utc() const { return changes_.size() == 1 && changes_[0].offset_us == 0; }
  // In order; never empty; the first holds from minus infinity. Neighbours differ in their offset.
  std::span<const OffsetChange> changes() const { return changes_; }
  // Which of changes() is in force at t. O(1): a table over time finds it, a zone without changes needs none.
  std::size_t index_at(Timestamp t) const;

  // Wall-clock time at an instant: microseconds since 1970-01-01T00:00 local. Total function.
  std::int64_t to_local(Timestamp t) const;
  std::int64_t offset_us(Timestamp t) const;

  // The instant of a wall-clock time. The one documented rule (docs/decisions): in a gap (clocks jump
  // forward) the time is read with the offset before the jump, so 02:30 becomes 03:30 of the new time; in an
  // overlap (clocks go back) the earlier instant is taken.
  struct Resolved {
    Timestamp at;
    enum class Kind { unique, gap, overlap } kind;
  };
  Resolved to_utc(std::int64_t local_us) const;

 private:
  TimeZone(std::string name, std::vector<OffsetChange> changes);
  std::string name_ = "UTC";
  std::vector<OffsetChange> changes_;
  std::vector<std::uint16_t> in_force_at_bucket_;  // index into changes_ at the start of each bucket of time
};

}  // namespace deskhouse
