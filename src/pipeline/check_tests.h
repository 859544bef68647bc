// Unit tests of checks: files checks/tests/*.toml with given rows and expected violations (docs/checks.md). They run in
// a database in memory: no warehouse is needed, and none is touched.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace deskhouse::pipeline {

struct CheckTest {
  std::string name, check, place;  // place: "checks/tests/x.toml:12"
  std::string problem;             // why it failed; empty: it passed
  double seconds = 0;
};

// Those of the project with its deskhouse.toml; the built-in ones, with the defaults, of checks that it did not
// replace. `patterns`: only tests of checks whose name matches one (* and ? as in file names). A file that cannot be
// read is an error of kind config that names the line.
Result<std::vector<CheckTest>> test_checks(const config::Config& config, const std::vector<std::string>& patterns);

}  // namespace deskhouse::pipeline
