// What the tests of the core share: short ways to write instants, calendars and histories.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/calendar.h"
#include "core/sla.h"

namespace deskhouse::core {

inline Timestamp at(const std::string& iso) {
  const auto parsed = parse_iso_timestamp(iso);
  EXPECT_TRUE(parsed) << iso;
  return parsed.value_or(Timestamp{});
}

constexpr std::int64_t hours(double n) {
  return static_cast<std::int64_t>(n * static_cast<double>(kMicrosPerHour));
}
constexpr std::int64_t minutes(std::int64_t n) {
  return n * kMicrosPerMinute;
}

inline TimeZone zone(std::string_view name) {
  auto loaded = TimeZone::load(name);
  EXPECT_TRUE(loaded) << loaded.error().message;
  return loaded ? *std::move(loaded) : TimeZone();
}

// The same hours on every day of the week.
inline CalendarSpec daily(std::string_view zone_name, std::vector<OpenHours> open) {
  CalendarSpec spec;
  spec.name = "daily";
  spec.zone = zone(zone_name);
  spec.always_open = false;
  spec.week.fill(open);
  return spec;
}

// Monday to Friday, 09:00 to 17:00.
inline CalendarSpec office(std::string_view zone_name) {
  auto spec = daily(zone_name, {{9 * 60, 17 * 60}});
  spec.name = "office";
  spec.week[5].clear();
  spec.week[6].clear();
  return spec;
}

inline Calendar make(CalendarSpec spec) {
  auto made = Calendar::make(std::move(spec));
  EXPECT_TRUE(made) << made.error().message;
  return made ? *std::move(made) : Calendar();
}

inline std::shared_ptr<const Calendar> shared(CalendarSpec spec) {
  return std::make_shared<const Calendar>(make(std::move(spec)));
}

inline Observation status_at(Timestamp when, std::string_view status) {
  return {when, status, std::nullopt, std::nullopt};
}
inline Observation agent_at(Timestamp when, std::string_view agent) {
  return {when, std::nullopt, agent, std::nullopt};
}
inline Observation group_at(Timestamp when, std::string_view group) {
  return {when, std::nullopt, std::nullopt, group};
}

}  // namespace deskhouse::core
