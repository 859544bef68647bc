#include "sources/fs_activity.h"

#include <fmt/format.h>
#include <simdjson.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <map>

#include "base/json_text.h"

namespace deskhouse::sources {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kFields[] = {"Status", "Priority", "Category", "Agent", "Group"};

// Where the next " set FIELD as " begins at or after `from`, and what stands before and behind it.
struct Marker {
  std::size_t begin = std::string_view::npos, end = 0;
  std::string_view field;
};
Marker next_marker(std::string_view words, std::size_t from) {
  Marker first;
  for (const auto field : kFields) {
    const auto text = fmt::format("set {} as ", field);
    for (auto at = words.find(text, from); at != std::string_view::npos; at = words.find(text, at + 1)) {
      if (at > 0 && words[at - 1] != ' ' && words[at - 1] != ',') continue;
      if (at < first.begin) first = {at, at + text.size(), field};
      break;
    }
  }
  return first;
}

std::string_view without_joint(std::string_view value) {
  const auto trim = [&] {
    while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
  };
  trim();
  if (value.ends_with(" and")) value.remove_suffix(4);
  if (value.ends_with(',')) value.remove_suffix(1);
  trim();
  return value;
}

// content and sub_contents, which is a list or one text.
std::vector<std::string> words_of(dom::object activity) {
  std::vector<std::string> words;
  std::string_view text;
  if (activity["content"].get_string().get(text) == simdjson::SUCCESS) words.emplace_back(text);
  dom::array list;
  if (activity["sub_contents"].get_string().get(text) == simdjson::SUCCESS) words.emplace_back(text);
  if (activity["sub_contents"].get_array().get(list) == simdjson::SUCCESS)
    for (const dom::element part : list)
      if (part.get_string().get(text) == simdjson::SUCCESS) words.emplace_back(text);
  return words;
}

std::string actor_of(dom::object activity) {
  dom::element id;
  return activity["actor"]["id"].get(id) == simdjson::SUCCESS ? simdjson::minify(id) : std::string();
}

std::string priority_code(std::string_view name) {
  constexpr std::string_view kNames[] = {"Low", "Medium", "High", "Urgent"};
  const auto found = std::ranges::find(kNames, name);
  return found == std::end(kNames) ? std::string() : std::to_string(found - std::begin(kNames) + 1);
}

bool is_nobody(std::string_view name) {
  return name == "none" || name == "None" || name == "--" || name == "No Agent" || name == "No Group";
}

using Members = std::vector<std::pair<std::string, std::string>>;

void add_setting(const FsSetting& setting, const FsNames& names, Members& members) {
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    std::erase_if(members, [&](const auto& member) { return member.first == name; });  // the last one counts
    members.emplace_back(name, json_text(value));
  };
  if (setting.field == "Status") {
    const auto code = names.status_code(setting.value);
    add("status", code.empty() ? setting.value : code);
  } else if (setting.field == "Priority") {
    add("priority", priority_code(setting.value));
  } else if (setting.field == "Category") {
    add("category", setting.value);
  } else if (setting.field == "Agent") {
    add("assigned_to", is_nobody(setting.value) ? "none" : names.agent_id(setting.value));
  } else {
    add("group_id", is_nobody(setting.value) ? "none" : names.group_id(setting.value));
  }
}

// Oldest first, whichever way they were sent.
void sort_by_age(std::vector<FsObject>& activities) {
  const auto is_older = [](const FsObject& a, const FsObject& b) {
    return a.created_at && b.created_at && *a.created_at < *b.created_at;
  };
  if (activities.size() > 1 && !is_older(activities.front(), activities.back())) std::ranges::reverse(activities);
  std::ranges::stable_sort(activities, is_older);
}

}  // namespace

std::vector<FsSetting> fs_settings(std::string_view words) {
  std::vector<FsSetting> settings;
  for (auto marker = next_marker(words, 0); marker.begin != std::string_view::npos;) {
    const auto following = next_marker(words, marker.end);
    const auto value = words.substr(
        marker.end, following.begin == std::string_view::npos ? std::string_view::npos : following.begin - marker.end);
    settings.push_back({std::string(marker.field), std::string(without_joint(value))});
    marker = following;
  }
  return settings;
}

std::vector<std::string> fs_events(const std::string& ticket_id, std::vector<FsObject> activities,
                                   const FsNames& names) {
  sort_by_age(activities);
  std::vector<std::string> events;
  std::map<std::uint64_t, int> alike;  // how many of the same content came before
  dom::parser parser;
  for (const auto& activity : activities) {
    dom::object object;
    const bool is_object = parser.parse(activity.text).get_object().get(object) == simdjson::SUCCESS;
    // Not the actor's name, which may change.
    auto content = fmt::format("{}|{}", activity.created_at ? activity.created_at->us : -1,
                               is_object ? actor_of(object) : activity.text);
    const auto words = is_object ? words_of(object) : std::vector<std::string>();
    for (const auto& part : words) content += "|" + part;
    const auto hash = XXH3_64bits(content.data(), content.size());
    const auto earlier = alike[hash]++;
    const auto id = activity.id.empty()
                        ? fmt::format("{}:{:016x}{}", ticket_id, hash, earlier > 0 ? fmt::format(":{}", earlier) : "")
                        : activity.id;
    Members members{
        {"id", json_text(id)}, {"ticket_id", json_text(ticket_id)}, {"version", std::to_string(events.size() + 1)}};
    for (const auto& part : words)
      for (const auto& setting : fs_settings(part)) add_setting(setting, names, members);
    events.push_back(fs_with_members(activity.text, members));
  }
  return events;
}

}  // namespace deskhouse::sources
