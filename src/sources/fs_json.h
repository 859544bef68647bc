// The JSON of Freshservice's answers, cut into the raw records of its lists. Pure; REQUIRES answers that are whole JSON
// (FsAnswer::body).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/values.h"

namespace deskhouse::sources {

// One record of a list, as it was sent.
struct FsObject {
  std::string text;                                 // the JSON object
  std::string id;                                   // its member id as text; empty: it has none
  std::optional<Timestamp> updated_at, created_at;  // none: absent, null or no date-time
};

// The objects of the array `name` of {"name": [...]}; nullopt: there is no such array.
std::optional<std::vector<FsObject>> fs_list(const std::string& body, std::string_view name);
// The object of {"name": {...}}; nullopt: there is none, or it is null.
std::optional<FsObject> fs_object(const std::string& body, std::string_view name);

// `object` with further members in front. Each is a name and the JSON text of its value; what the object itself says
// of the same name goes before them.
std::string fs_with_members(std::string_view object, const std::vector<std::pair<std::string, std::string>>& members);

// An asset whose type_fields have lost the number of the asset type at the end of their names: cost_21000855267 is
// cost.
std::string fs_without_type_numbers(const std::string& asset);

// "01:30" -> 90; nullopt: not hours and minutes.
std::optional<std::int64_t> fs_minutes(std::string_view text);

// A member of an object as text: a string without quotes and escapes, a number as it stands; nullopt: absent or null.
std::optional<std::string> fs_member(const std::string& object, std::string_view name);

}  // namespace deskhouse::sources
