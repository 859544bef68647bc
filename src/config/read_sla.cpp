#include "config/read_sla.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/nearest.h"
#include "config/scalars.h"
#include "schema/entities.h"

namespace deskhouse::config {
namespace {

constexpr std::string_view kAlwaysOpen = "24x7";
constexpr std::string_view kDays[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
constexpr std::size_t kWorkdays = 5;

std::vector<core::OpenHours> read_day(const Section& section, std::size_t day) {
  std::vector<core::OpenHours> hours;
  const auto* list = section.find(kDays[day]);
  if (list == nullptr && day < kWorkdays) list = section.find("weekdays");
  if (list == nullptr) return hours;
  for (const auto& item : list->items)
    if (const auto span = parse_hours(item.text)) hours.push_back(*span);
  std::sort(hours.begin(), hours.end(), [](const auto& a, const auto& b) { return a.from_minute < b.from_minute; });
  return hours;
}

std::string describe_calendar(const core::CalendarSpec& spec) {
  auto text = fmt::format("calendar {:?} zone {:?}", spec.name, spec.zone.name());
  for (const auto& day : spec.week) {
    text += " day";
    for (const auto& span : day) text += fmt::format(" {}-{}", span.from_minute, span.to_minute);
  }
  return fmt::format("{} holidays {}\n", text, canonical_text(spec.holidays));
}

std::string sorted_list(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return fmt::format("{}", names);
}

std::string describe_policy(const core::SlaPolicy& policy) {
  auto text = fmt::format("policy groups {} categories {} types {} stop {} calendar {:?}", sorted_list(policy.groups),
                          sorted_list(policy.categories), sorted_list(policy.types), sorted_list(policy.stop_statuses),
                          policy.calendar->name());
  for (const auto& target : policy.by_priority)
    text += target ? fmt::format(" {}/{}", target->response_us, target->resolution_us) : " -";
  return text + "\n";
}

std::shared_ptr<const core::Calendar> find_calendar(const Section& section, const Calendars& calendars,
                                                    std::shared_ptr<const core::Calendar> fallback) {
  if (!section.has("calendar")) return fallback;
  const auto name = section.text("calendar", "");
  const auto found = calendars.find(name);
  if (found != calendars.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [known_name, calendar] : calendars) known.push_back(known_name);
  section.problem("calendar", fmt::format("no calendar '{}' (known: {}){}", name, fmt::join(known, ", "),
                                          did_you_mean(name, known)));
  return fallback;
}

std::vector<std::string> read_stop_statuses(const Section& section, std::vector<std::string> fallback) {
  if (!section.has("stop_statuses")) return fallback;
  const std::vector<std::string> known(std::begin(schema::kStatuses), std::end(schema::kStatuses));
  auto statuses = section.texts("stop_statuses");
  for (const auto& status : statuses)
    if (std::find(known.begin(), known.end(), status) == known.end())
      section.problem("stop_statuses", fmt::format("'{}' is not one of {}{}", status, fmt::join(known, ", "),
                                                   did_you_mean(status, known)));
  return statuses;
}

// A priority that is not named keeps what `targets` had for it.
void read_targets(const Section& section, std::array<std::optional<core::SlaTarget>, 4>& targets) {
  constexpr std::int64_t kResponseShare = 4;
  for (const auto& name : section.names()) {
    const auto rank = core::priority_rank(name);
    DH_ASSERT(rank.has_value(), "the shape check lets only priorities through");
    const auto target = section.table(name);
    const auto resolution = target.duration_seconds("resolution");
    if (!resolution) {
      section.problem(name, "needs `resolution`, the longest time to resolve");
      continue;
    }
    const auto resolution_us = *resolution * kMicrosPerSecond;
    const auto response = target.duration_seconds("response");
    targets[static_cast<std::size_t>(*rank)] =
        core::SlaTarget{.response_us = response ? *response * kMicrosPerSecond : resolution_us / kResponseShare,
                        .resolution_us = resolution_us};
  }
}

}  // namespace

std::string canonical_text(const std::vector<core::Holiday>& holidays) {
  std::vector<std::string> days;
  for (const auto& h : holidays) days.push_back(fmt::format("{:04}-{:02}-{:02}", h.year, h.month, h.day));
  std::sort(days.begin(), days.end());
  return fmt::format("{}", fmt::join(days, " "));
}

Calendars read_calendars(const Section& section, Problems& problems, std::string& canonical) {
  Calendars calendars{{std::string(kAlwaysOpen), std::make_shared<const core::Calendar>()}};
  std::map<std::string, std::string> texts;
  for (const auto& name : section.names()) {
    const auto table = section.table(name);
    if (name == kAlwaysOpen) {
      problems.add(table.line(), fmt::format("{}: {} is built in; choose another name", table.path(), kAlwaysOpen));
      continue;
    }
    core::CalendarSpec spec{.name = name, .always_open = false};
    if (auto zone = table.zone("time_zone")) spec.zone = std::move(*zone);
    for (std::size_t day = 0; day < std::size(kDays); ++day) spec.week[day] = read_day(table, day);
    spec.holidays = table.holidays("holidays");
    texts[name] = describe_calendar(spec);
    auto calendar = core::Calendar::make(std::move(spec));
    if (calendar)
      calendars[name] = std::make_shared<const core::Calendar>(std::move(*calendar));
    else
      problems.add(table.line(), fmt::format("{}: {}", table.path(), calendar.error().message));
  }
  for (const auto& [name, text] : texts) canonical += text;
  return calendars;
}

core::SlaPolicies read_sla(const Section& section, const Calendars& calendars, std::string& canonical) {
  core::SlaPolicy standard = core::SlaPolicies().policies().back();
  standard.calendar = find_calendar(section, calendars, standard.calendar);
  standard.stop_statuses = read_stop_statuses(section, standard.stop_statuses);
  read_targets(section.table("targets"), standard.by_priority);

  std::vector<core::SlaPolicy> policies;
  for (const auto& table : section.tables("policies")) {
    core::SlaPolicy policy{.name = table.text("name", ""),
                           .groups = table.texts("groups"),
                           .categories = table.texts("categories"),
                           .types = table.texts("types"),
                           .calendar = find_calendar(table, calendars, standard.calendar),
                           .stop_statuses = read_stop_statuses(table, standard.stop_statuses)};
    if (policy.name.empty()) table.problem("name", "required, and shown by `explain sla`");
    read_targets(table.table("targets"), policy.by_priority);
    policies.push_back(std::move(policy));
  }
  policies.push_back(std::move(standard));
  for (const auto& policy : policies) canonical += describe_policy(policy);
  return core::SlaPolicies(std::move(policies));
}

}  // namespace deskhouse::config
