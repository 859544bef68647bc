#include "sources/fs_sla.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "base/parse.h"
#include "sources/fs_pages.h"
#include "sources/fs_zones.h"

namespace deskhouse::sources {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kDays[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
constexpr std::string_view kPriorities[] = {"Low", "Medium", "High", "Critical"};  // 1 to 4

std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? "" : value.dump();
}

std::string member(const Json& object, const char* name) {
  return object.is_object() && object.contains(name) ? text_of(object.at(name)) : "";
}

std::int64_t number(const Json& object, const char* name) {
  const auto parsed = parse_integer(member(object, name));
  return parsed.ok() ? parsed.value : 0;
}

bool truth(const Json& object, const char* name) {
  return object.contains(name) && object.at(name).is_boolean() && object.at(name).get<bool>();
}

// JSON's texts are TOML's basic strings too.
std::string quoted_list(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const auto& text : texts) quoted.push_back(json_text(text));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

Json list_of(const std::string& body, const char* name) {
  const auto json = Json::parse(body, nullptr, false);
  return json.is_object() && json.contains(name) && json.at(name).is_array() ? json.at(name) : Json::array();
}

std::string calendar_toml(const Json& hours, const std::string& name) {
  auto toml =
      fmt::format("[calendars.{}]\ntime_zone = {}\n", json_text(name), json_text(fs_zone(member(hours, "time_zone"))));
  const auto days = hours.value("service_desk_hours", Json::object());
  for (const auto day : kDays) {
    const auto& span = days.contains(day) ? days.at(std::string(day)) : Json();
    const int from = fs_minute_of_day(member(span, "beginning_of_workday"));
    int to = fs_minute_of_day(member(span, "end_of_workday"));
    constexpr int kMidnight = 24 * 60;
    if (to == 0 || to == kMidnight - 1) to = kMidnight;
    if (from >= 0 && to > from)
      toml += fmt::format("{} = [\"{:02}:{:02}-{:02}:{:02}\"]\n", day, from / 60, from % 60, to / 60, to % 60);
  }
  std::vector<std::string> holidays;
  for (const auto& holiday : hours.value("list_of_holidays", Json::array())) {
    const auto date = member(holiday, "holiday_date");
    if (date.starts_with("--") || parse_iso_date(date)) holidays.push_back(date);
  }
  return toml + fmt::format("holidays = {}\n\n", quoted_list(holidays));
}

// The policies as tables, in their order.
class Policies {
 public:
  Policies(const FsSlaAnswers& answers, const config::Freshservice& account, std::string_view prefix)
      : account_(account), prefix_(prefix) {
    for (const auto& hours : list_of(answers.business_hours, "business_hours")) {
      const auto name = fmt::format("{}: {}", prefix_, member(hours, "name"));
      calendars_[member(hours, "id")] = name;
      if (truth(hours, "is_default") || default_calendar_.empty()) default_calendar_ = name;
      if (account_.use_business_hours) toml_ += calendar_toml(hours, name);
    }
    for (const auto& text : answers.groups) {
      const auto group = Json::parse(text, nullptr, false);
      groups_[member(group, "business_hours_id")].push_back(member(group, "id"));
    }
    auto policies = list_of(answers.policies, "sla_policies").get<std::vector<Json>>();
    std::ranges::stable_sort(policies, {}, [](const Json& policy) {
      return std::pair(truth(policy, "is_default"), number(policy, "position"));
    });
    for (const auto& policy : policies)
      if (!policy.contains("active") || truth(policy, "active")) add(policy);
  }
  std::string toml() { return std::move(toml_); }

 private:
  struct Conditions {
    std::vector<std::string> groups, categories, types;
  };

  void add(const Json& policy) {
    Conditions when;
    const auto applies = policy.value("applicable_to", Json::object());
    for (const auto& [what, values] : applies.items()) {
      std::vector<std::string> texts;
      for (const auto& value : values.is_array() ? values : Json::array({values}))
        if (!value.is_null()) texts.push_back(text_of(value));
      if (texts.empty()) continue;
      if (what == "group_id")
        when.groups = texts;
      else if (what == "category")
        when.categories = texts;
      else if (what == "ticket_type")
        when.types = texts;
      else {
        toml_ += fmt::format("# left out: the policy {} applies by {}\n\n", json_text(member(policy, "name")), what);
        return;
      }
    }
    const auto name = member(policy, "name");
    const auto targets = policy.value("sla_targets", Json::array());
    if (account_.use_business_hours)
      add_by_calendar(name, when, targets);
    else
      add_table(name, when, targets, {}, "");
  }

  // Targets in business hours count those of the ticket's group, where it has some, else the default ones; the others
  // count around the clock.
  void add_by_calendar(const std::string& name, const Conditions& when, const Json& targets) {
    for (const auto& [id, calendar] : calendars_) {
      if (calendar == default_calendar_ || !groups_.contains(id)) continue;
      auto groups = groups_.at(id);
      if (!when.groups.empty())
        std::erase_if(groups, [&](const auto& g) { return std::ranges::find(when.groups, g) == when.groups.end(); });
      if (!groups.empty()) add_table(name, {groups, when.categories, when.types}, targets, true, calendar);
    }
    add_table(name, when, targets, true, default_calendar_);
    add_table(name, when, targets, false, "24x7");
  }

  // `in_hours`: only the targets that count business hours, or only the others; not given: all.
  void add_table(const std::string& name, const Conditions& when, const Json& targets, std::optional<bool> in_hours,
                 const std::string& calendar) {
    std::string table;
    for (const auto& target : targets) {
      const auto priority = number(target, "priority");
      const auto resolve = number(target, "resolve_within") * account_.sla_target_unit_seconds;
      const auto respond = number(target, "respond_within") * account_.sla_target_unit_seconds;
      if (priority < 1 || priority > std::ssize(kPriorities) || resolve <= 0) continue;
      if (in_hours && truth(target, "business_hours") != *in_hours) continue;
      table += fmt::format("[sla.policies.targets.{}]\nresolution = \"{}s\"\n",
                           kPriorities[static_cast<std::size_t>(priority - 1)], resolve);
      if (respond > 0) table += fmt::format("response = \"{}s\"\n", respond);
    }
    if (table.empty()) return;
    toml_ += fmt::format("[[sla.policies]]\nname = {}\n", json_text(name));
    if (!when.groups.empty()) toml_ += fmt::format("groups = {}\n", quoted_list(when.groups));
    if (!when.categories.empty()) toml_ += fmt::format("categories = {}\n", quoted_list(when.categories));
    if (!when.types.empty()) toml_ += fmt::format("types = {}\n", quoted_list(when.types));
    if (!calendar.empty()) toml_ += fmt::format("calendar = {}\n", json_text(calendar));
    toml_ += table + "\n";
  }

  const config::Freshservice& account_;
  const std::string_view prefix_;
  std::map<std::string, std::string> calendars_;            // by id of the business hours
  std::map<std::string, std::vector<std::string>> groups_;  // the same
  std::string default_calendar_ = "24x7";
  std::string toml_;
};

Result<std::string> body_of(FsShared& shared, const std::string& resource) {
  DH_ASSIGN(auto answer, shared.client.get(resource + "?per_page=100"));
  if (answer.status != 200)
    return std::unexpected(shared.client.with_name(fmt::format(
        "use_sla_policies is set, and the API key does not give {} ({}). Take the key of an agent who may see them, or "
        "write the targets into [sla]",
        resource, answer.status)));
  return std::move(answer.body);
}

}  // namespace

int fs_minute_of_day(std::string_view text) {
  constexpr int kNoon = 12, kMinutes = 60, kDay = 24;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || text.size() < colon + 3) return -1;
  const auto hour = parse_integer(text.substr(0, colon)), minute = parse_integer(text.substr(colon + 1, 2));
  if (!hour.ok() || !minute.ok() || minute.value < 0 || minute.value >= kMinutes) return -1;
  auto half = text.substr(colon + 3);
  while (half.starts_with(' ')) half.remove_prefix(1);
  auto hours = hour.value;
  const bool pm = half == "pm" || half == "PM", am = half == "am" || half == "AM";
  if ((pm || am) && (hours < 1 || hours > kNoon)) return -1;
  if (pm || am)
    hours = hours % kNoon + (pm ? kNoon : 0);
  else if (!half.empty() || hours < 0 || hours >= kDay)
    return -1;
  return static_cast<int>(hours) * kMinutes + static_cast<int>(minute.value);
}

std::string fs_sla_toml(const FsSlaAnswers& answers, const config::Freshservice& account, std::string_view prefix) {
  return Policies(answers, account, prefix).toml();
}

Result<std::string> fs_sla_toml(FsShared& shared) {
  FsSlaAnswers answers;
  DH_ASSIGN(answers.policies, body_of(shared, "sla_policies"));
  if (shared.account.use_business_hours) {
    DH_ASSIGN(answers.business_hours, body_of(shared, "business_hours"));
    FsPages pages(shared.client, {.path = "groups", .name = "groups", .query = {}}, {});
    while (!pages.done()) {
      DH_ASSIGN(const auto groups, pages.next());
      for (const auto& group : groups) answers.groups.push_back(group.text);
    }
  }
  return fs_sla_toml(answers, shared.account, shared.client.source());
}

}  // namespace deskhouse::sources
