// Runs checks over all that is stored, whenever somebody asks. Writes nothing: what a run found is in meta.violations.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "pipeline/checks.h"
#include "pipeline/run.h"

namespace deskhouse::pipeline {

struct StoredCheck {
  Check check;
  std::int64_t violations = 0;
  std::vector<std::array<std::string, 5>> examples;  // id, field, value, expected, message; the first by id
  std::string error;                                 // why it could not run; else empty
  double seconds = 0;
  std::string_view status() const { return !error.empty() ? "failed" : violations > 0 ? "violated" : "passed"; }
};

// Those whose name matches one of the patterns (* and ? as in file names; none: all), as of the last run. Each is on
// its own: one that fails says so in `error`. A pattern that matches no check is an error of kind usage; a warehouse
// without a run, of kind warehouse.
Result<std::vector<StoredCheck>> check_stored(const config::Config& config, Warehouse& warehouse,
                                              const std::vector<std::string>& patterns, std::int64_t examples);

}  // namespace deskhouse::pipeline
