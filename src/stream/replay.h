// Quarantined events, read again.
#pragma once

#include "pipeline/replay.h"

namespace deskhouse::stream {

// Reads the events in quarantine of topics that [stream] names with the mapping of today, in one run of kind 'stream'
// whose transaction also says what became of each: replayed, or rejected with its new reasons. No offset is moved: an
// event that was read stays read. Adds to report.lines, and sets report.run_id if there was anything to do.
Status replay_events(const config::Config& config, pipeline::Warehouse& warehouse,
                     const pipeline::QuarantineFilter& filter, Timestamp as_of, pipeline::ReplayReport& report);

}  // namespace deskhouse::stream
