// [sources.NAME] of type "freshservice": the account, its entities, and the mapping that is built in.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/section.h"

namespace deskhouse::config {

// The literal keys of such a source, beside its type and its entities.
std::span<const std::string_view> freshservice_keys();

Freshservice read_freshservice(const Section& section, const std::filesystem::path& project);

// The entities to read: all that `entities` names (without it all that there are) and those with a table of their own,
// `tables`.
std::vector<std::string> freshservice_entities(const Section& section, const std::vector<std::string>& tables);

// Adds what is built in for every field that deskhouse.toml does not map, and reads `overlap`.
void add_freshservice_mapping(const Section& section, EntityMapping& entity);

// What deskhouse.toml says of the status of tickets holds for their history too, unless it says otherwise.
void share_status_mapping(SourceConfig& source);

}  // namespace deskhouse::config
