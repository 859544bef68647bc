// A mapping checked against the schema, as one plan per column of the entity.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "schema/table.h"
#include "staging/field_reader.h"

namespace deskhouse::staging {

struct Plan {
  std::vector<std::string> raw_columns;  // each once, in the order of first use
  std::vector<FieldPlan> fields;         // parallel to the table's columns
};

// An error lists every problem, one a line, each with the line of deskhouse.toml.
Result<Plan> make_plan(const config::EntityMapping& mapping, const schema::TableInfo& table);

}  // namespace deskhouse::staging
