#include "staging/time_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "staging/text.h"

namespace deskhouse::staging {
namespace {

constexpr std::string_view kIso = "iso";
constexpr std::string_view kIsoWithoutZone = "iso without zone";

std::string year_fault(std::int64_t year) {
  return fmt::format("year {} is out of 1970..2100", year);
}

}  // namespace

std::expected<TimeReader, std::string> TimeReader::make(const std::vector<std::string>& formats, TimeZone zone,
                                                        bool override_zone) {
  TimeReader reader;
  reader.zone_ = std::move(zone);
  reader.override_zone_ = override_zone;
  reader.names_ = formats.empty() ? std::vector<std::string>{std::string(kIso)} : formats;
  for (const auto& name : reader.names_) {
    auto format = TimeFormat::compile(name);
    if (!format) return std::unexpected(fmt::format("date format '{}': {}", name, format.error()));
    reader.formats_.push_back(std::move(*format));
  }
  reader.names_.emplace_back(kIsoWithoutZone);
  return reader;
}

ReadFault TimeReader::read_with(std::size_t format, std::string_view text, ClockTime& clock, Value& out) const {
  const auto fault = formats_[format].read(text, clock);
  if (fault != ReadFault::none) return fault;
  const bool iso = formats_[format].is_iso();
  out.clock_us = clock.clock_us;
  out.format = iso && !clock.has_offset ? formats_.size() : format;
  out.ambiguous = false;
  if (clock.has_offset && (clock.is_epoch || !override_zone_)) {
    out.at = Timestamp{clock.clock_us - clock.offset_us};
  } else {
    const auto resolved = zone_.to_utc(clock.clock_us);
    out.at = resolved.at;
    out.ambiguous = resolved.kind != TimeZone::Resolved::Kind::unique;
  }
  if (out.at < kMinTimestamp || out.at >= kEndTimestamp) {
    clock.year = to_civil(utc_day(out.at)).year;  // the zone's offset carried it over the edge
    return ReadFault::year;
  }
  out.changed = !iso || out.at.us != out.clock_us;
  return ReadFault::none;
}

bool TimeReader::read(std::string_view text, Value& out) const {
  ClockTime clock;
  for (std::size_t i = 0; i < formats_.size(); ++i)
    if (read_with(i, text, clock, out) == ReadFault::none) return true;
  return false;
}

bool TimeReader::read_day(std::string_view text, Date& day, Value& out) const {
  ClockTime clock;
  for (std::size_t i = 0; i < formats_.size(); ++i) {
    if (read_with(i, text, clock, out) != ReadFault::none) continue;
    day = utc_day(Timestamp{clock.is_epoch ? zone_.to_local(out.at) : clock.clock_us});
    constexpr std::size_t kIsoDaySize = 10;
    out.changed = !formats_[i].is_iso() || text.size() != kIsoDaySize;
    out.ambiguous = false;  // whatever the instant, the day is as written
    return true;
  }
  return false;
}

std::string TimeReader::fault(std::string_view text) const {
  for (const auto infinity : {"infinity", "-infinity", "inf", "-inf"})
    if (equals_ignoring_case(text, infinity)) return fmt::format("{} is not a date-time", text);
  ClockTime clock;
  Value ignored;
  for (std::size_t i = 0; i < formats_.size(); ++i) {
    const auto fault = read_with(i, text, clock, ignored);
    if (fault == ReadFault::year) return year_fault(clock.year);
    if (fault == ReadFault::zero_date) return "zero date 0000-00-00";
  }
  // PostgreSQL and MySQL write these whatever format the mapping declares.
  const auto iso = TimeFormat::compile(kIso)->read(text, clock);
  if (iso == ReadFault::zero_date) return "zero date 0000-00-00";
  if (iso == ReadFault::year) return year_fault(clock.year);
  return fmt::format("not a date-time of any declared format ({})", fmt::join(names_.begin(), names_.end() - 1, ", "));
}

}  // namespace deskhouse::staging
