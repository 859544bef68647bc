// The mapping of an entity's fields: `fields` and `version` of deskhouse.toml.
#pragma once

#include <vector>

#include "config/config.h"
#include "config/section.h"

namespace deskhouse::config {

// `section` is the table `fields`, `entity` the one that it stands in.
std::vector<FieldMapping> read_fields(const Section& section, const Section& entity);

}  // namespace deskhouse::config
