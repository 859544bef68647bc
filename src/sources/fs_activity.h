// The activities of a ticket as its history: what their words say of status, priority, category, agent and group.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sources/fs_json.h"
#include "sources/fs_names.h"

namespace deskhouse::sources {

// What an activity sets, as words: " set Status as Pending and set Agent as Vera Hansen".
struct FsSetting {
  std::string field, value;  // field: Status, Priority, Category, Agent or Group
  bool operator==(const FsSetting&) const = default;
};
std::vector<FsSetting> fs_settings(std::string_view words);

// The activities of one ticket, as sent, with the members that make them observations: id (of ticket and content, so
// that reading again gives the same), ticket_id, version (their order, from 1), and of what they set the codes and ids
// that tickets have: status, priority, assigned_to, group_id ("none": nobody) and category. A name that nothing, or
// more than one thing, is called by sets nothing; a status without a code is its name.
// REQUIRES names that know statuses and people.
std::vector<std::string> fs_events(const std::string& ticket_id, std::vector<FsObject> activities,
                                   const FsNames& names);

}  // namespace deskhouse::sources
