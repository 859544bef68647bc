// Checks that deskhouse.toml describes: [quality.allowed] as <entity>_allowed_values, and each [[quality.outliers]].
#pragma once

#include <vector>

#include "config/quality.h"
#include "pipeline/checks.h"

namespace deskhouse::pipeline {

// Severity warn. An outlier is judged against all that is stored of its group; only records that changed are named.
std::vector<Check> configured_checks(const config::QualityRules& rules);

}  // namespace deskhouse::pipeline
