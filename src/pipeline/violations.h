// What checks find, as rows. meta.violations and meta.resolutions are only ever added to: the one says what a run
// found, the other that a run looked again and did not find it. The view meta.violation_states tells from both when
// each was first and last seen, and whether it is open (docs/decisions/0034).
#pragma once

#include <string>
#include <vector>

#include "pipeline/checks.h"
#include "warehouse/database.h"

namespace deskhouse::pipeline {

// A SELECT with the columns of meta.violations that a check gives: entity, source, id, field, value, expected, message.
// Those that the body lacks are NULL, but for the entity, which is the check's.
std::string findings_of(const Check& check, std::string_view body);

// Adds what the body finds; how many.
Result<std::int64_t> record_violations(warehouse::Connection& connection, const Check& check, std::string_view body,
                                       std::int64_t run_id);

// What a run has looked at by one check.
struct Examined {
  const Check* check;
  std::string records;  // table of the records, with source and id; empty: everything that the check can say
};

// Open violations that these checks would have found again, and did not.
Status resolve_violations(warehouse::Connection& connection, const std::vector<Examined>& examined,
                          std::int64_t run_id);

// Open violations of references to records that are there by now: `records` of `target`, with source and id.
Status resolve_references(warehouse::Connection& connection, const std::vector<Check>& checks, std::string_view target,
                          std::string_view records, std::int64_t run_id);

}  // namespace deskhouse::pipeline
