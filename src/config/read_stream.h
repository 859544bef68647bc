// [stream] as checked values.
#pragma once

#include <vector>

#include "config/config.h"
#include "config/section.h"

namespace deskhouse::config {

StreamConfig read_stream(const Section& section, const std::vector<SourceConfig>& sources);

}  // namespace deskhouse::config
