// [quality] as checked values.
#pragma once

#include "config/quality.h"
#include "config/section.h"

namespace deskhouse::config {

QualityRules read_quality(const Section& section);

}  // namespace deskhouse::config
