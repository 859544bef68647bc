// The small languages of deskhouse.toml's texts: durations, opening hours, holidays.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/calendar.h"

namespace deskhouse::config {

// "90s", "5m", "12h", "1d" in seconds; positive.
std::optional<std::int64_t> parse_duration_seconds(std::string_view text);
// "09:00-18:00", up to "24:00"; from before to.
std::optional<core::OpenHours> parse_hours(std::string_view text);
// "2024-05-05", or "--12-25" for every year; a day that exists.
std::optional<core::Holiday> parse_holiday(std::string_view text);

}  // namespace deskhouse::config
