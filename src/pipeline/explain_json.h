// Explanations as JSON, for the command line and the API.
#pragma once

#include <string>
#include <vector>

#include "pipeline/explain.h"

namespace deskhouse::pipeline {

// `indent`: spaces a level; -1: on one line. What is no valid UTF-8 is replaced.
std::string sla_json(const SlaExplanation& x, int indent = -1);
std::string records_json(const std::vector<RawRecord>& records, int indent = -1);

}  // namespace deskhouse::pipeline
