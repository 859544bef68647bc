// The mapping of an entity's fields: `fields` and `version` of deskhouse.toml.
#pragma once

#include <optional>
#include <vector>

#include "config/config.h"
#include "config/section.h"

namespace deskhouse::config {

// `section` is the table `fields`, `entity` the one that it stands in.
std::vector<FieldMapping> read_fields(const Section& section, const Section& entity);

// The key `contract` of an entity or a field; none where it is absent.
std::optional<Contract> read_contract_word(const Section& section);

}  // namespace deskhouse::config
