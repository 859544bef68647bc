// One row of a ticket file.
#pragma once

#include "demo/csv.h"
#include "demo/lifecycle.h"

namespace deskhouse::demo {

void write_ticket_id(Csv& csv, std::int64_t index);
void write_agent_id(Csv& csv, std::int64_t agent);  // nothing for -1

// The ticket in a state of its life, with the flaw of its cells (not those of the row as a whole).
void write_ticket_row(const World& world, const Life& life, const State& state, Csv& csv);

}  // namespace deskhouse::demo
