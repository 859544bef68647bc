// An IANA time zone as a plain value: the list of its offset changes from 1970 to 2101. Loading reads the
// system's zone files; using it is pure, so the core may take one as an argument. Immutable, thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/values.h"

namespace deskhouse {

class TimeZone {
 public:
  // UTC.
  TimeZone();
  // "Europe/Amsterdam", "UTC", or a fixed offset "+09:00". Fails with the name and what to write instead.
  static Result<TimeZone> load(std::string_view name);

  const std::string& name() const { return name_; }
  bool is_utc() const { return changes_.size() == 1 && changes_[0].offset_us == 0; }

  // Wall-clock time at an instant: microseconds since 1970-01-01T00:00 local. Total function.
  std::int64_t to_local(Timestamp t) const;
  std::int64_t offset_us(Timestamp t) const;

  // The instant of a wall-clock time. The one documented rule (docs/decisions): in a gap (clocks jump forward)
  // the time is read with the offset before the jump, so 02:30 becomes 03:30 of the new time; in an overlap
  // (clocks go back) the earlier instant is taken.
  struct Resolved {
    Timestamp at;
    enum class Kind { unique, gap, overlap } kind;
  };
  Resolved to_utc(std::int64_t local_us) const;

 private:
  struct OffsetChange {
    Timestamp at;            // from this instant on (the first: minus infinity)
    std::int64_t offset_us;  // local = utc + offset
  };
  std::size_t index_at(Timestamp t) const;
  std::string name_ = "UTC";
  std::vector<OffsetChange> changes_;
};

}  // namespace deskhouse
