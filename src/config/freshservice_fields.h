// What is built in of Freshservice: its entities, and which field of its API is which canonical field.
#pragma once

#include <string_view>

namespace deskhouse::config {

// TOML: a table ENTITY.fields for each entity that a Freshservice source has, as under [sources.NAME]. Raw columns are
// dotted paths of the API's JSON; docs/freshservice.md names the few that the source adds or renames.
std::string_view freshservice_fields();

}  // namespace deskhouse::config
