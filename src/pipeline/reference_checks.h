// The checks <entity>_references: every foreign key names a record that exists. Derived from what src/schema/entities.h
// says of references, so that a new field is checked without another line.
#pragma once

#include "pipeline/checks.h"
#include "schema/table.h"

namespace deskhouse::pipeline {

// One check for each entity that refers to others, in the order of schema::entities(). A record that names a missing
// one is a violation of its own; where the other entity has no records at all (it is not mapped, say), one violation
// tells how many name one.
std::vector<Check> reference_checks();

}  // namespace deskhouse::pipeline
