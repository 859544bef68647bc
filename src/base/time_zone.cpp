#include "base/time_zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/zone_file.h"

namespace deskhouse {
namespace {

constexpr Timestamp kAlways{std::numeric_limits<std::int64_t>::min()};
// Offsets lie within +/- 26 h (RFC 9636), so the instant of a wall-clock time is never further away than
// that.
constexpr std::int64_t kMaxOffset_us = 26 * kMicrosPerHour;

// Buckets of 2^42 us (51 days): hardly ever more than one change in each, and 1,300 of them to 2151.
constexpr int kBucketShift = 42;
constexpr std::int64_t kFirstBucket_us = -2 * kMicrosPerDay;
constexpr std::int64_t kBucketCount = 1300;

// "+09:00", "-03:30". nullopt: not written like an offset at all.
std::optional<std::int64_t> parse_offset_us(std::string_view text) {
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto two_digits = [&](std::size_t at) {
    const int tens = text[at] - '0', ones = text[at + 1] - '0';
    return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? 99 : tens * 10 + ones;
  };
  const int hours = two_digits(1), minutes = two_digits(4);
  if (hours > 18 || minutes > 59) return std::nullopt;
  const std::int64_t magnitude_us = hours * kMicrosPerHour + minutes * kMicrosPerMinute;
  return text[0] == '-' ? -magnitude_us : magnitude_us;
}

}  // namespace

TimeZone::TimeZone() : changes_{{kAlways, 0}} {}

TimeZone::TimeZone(std::string name, std::vector<OffsetChange> changes)
    : name_(std::move(name)), changes_(std::move(changes)) {
  DH_ASSERT(!changes_.empty() && changes_.front().at == kAlways, "a zone has an offset at all times");
  if (changes_.size() == 1) return;
  in_force_at_bucket_.reserve(kBucketCount);
  std::size_t index = 0;
  for (std::int64_t bucket = 0; bucket < kBucketCount; ++bucket) {
    const Timestamp start{kFirstBucket_us + (bucket << kBucketShift)};
    while (index + 1 < changes_.size() && changes_[index + 1].at <= start) ++index;
    in_force_at_bucket_.push_back(static_cast<std::uint16_t>(index));
  }
}

Result<TimeZone> TimeZone::load(std::string_view name) {
  if (name == "UTC") return TimeZone();
  if (const auto offset_us = parse_offset_us(name))
    return TimeZone(std::string(name), {OffsetChange{kAlways, *offset_us}});
  DH_ASSIGN(auto changes, read_zone_file(name));
  return TimeZone(std::string(name), std::move(changes));
}

std::size_t TimeZone::index_at(Timestamp t) const {
  if (changes_.size() == 1) return 0;
  if (t.us < kFirstBucket_us) return 0;
  const auto bucket = std::min((t.us - kFirstBucket_us) >> kBucketShift, kBucketCount - 1);
  std::size_t index = in_force_at_bucket_[static_cast<std::size_t>(bucket)];
  while (index + 1 < changes_.size() && changes_[index + 1].at <= t) ++index;
  return index;
}

std::int64_t TimeZone::offset_us(Timestamp t) const {
  return changes_[index_at(t)].offset_us;
}

std::int64_t TimeZone::to_local(Timestamp t) const {
  return t.us + offset_us(t);
}

TimeZone::Resolved TimeZone::to_utc(std::int64_t local_us) const {
  using Kind = Resolved::Kind;
  const std::size_t first = index_at(Timestamp{local_us - kMaxOffset_us});
  for (std::size_t i = first;; ++i) {
    const Timestamp at{local_us - changes_[i].offset_us};
    const bool is_last = i + 1 == changes_.size();
    if (!is_last && at >= changes_[i + 1].at) continue;
    // The first offset whose time has not run out: either it holds at that instant, or it begins only later,
    // and then no offset had this wall-clock time.
    if (i > first && at < changes_[i].at) return {Timestamp{local_us - changes_[i - 1].offset_us}, Kind::gap};
    const bool again = !is_last && local_us - changes_[i + 1].offset_us >= changes_[i + 1].at.us;
    return {at, again ? Kind::overlap : Kind::unique};
  }
}

}  // namespace deskhouse
