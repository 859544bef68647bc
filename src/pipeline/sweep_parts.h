// Sweeps of records that no list of their own shows, only lists of what they hang on (Source::hang_on): time entries
// and surveys of a ticket. Whether they exist is told, for nothing, by the lists that a run read because their tickets
// changed; and of the other tickets by a round: the lists of all tickets that have such records, a part in each run
// (docs/decisions/0020-sweeps-ticket-by-ticket.md). Reads only, but for record_round.
#pragma once

#include "pipeline/sweep.h"

namespace deskhouse::pipeline {

// As sweep(), for an entity that hangs on others. `is_due`: a round begins, if none is under way.
Result<Sweep> sweep_parts(const SweepContext& context, sources::Source& source, const config::EntityMapping& mapping,
                          const Extraction& extraction, bool is_due);

// The sweep of an entity, of whichever kind, if it is time for one.
Result<Sweep> sweep_if_due(const SweepContext& context, sources::Source& source, const config::EntityMapping& mapping,
                           const Extraction& extraction);

// Where the round stands, into meta.sweep_rounds; inside the publishing transaction.
Status record_round(warehouse::Connection& connection, const config::EntityMapping& mapping, const Sweep& sweep);

}  // namespace deskhouse::pipeline
