// What happens at the help desk in the day after the end of a demo, as events in order of time: what `deskhouse demo
// --stream` reads. The same options give the same events.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "demo/generator.h"

namespace deskhouse::demo {

struct LiveEvent {
  std::int64_t at_s = 0;
  std::string ticket;  // its id
  std::string json;    // {"event_type": ..., "timestamp": ..., "data": {...}}, in the columns of tickets.csv
};

// `changed` tickets of the base and `added` new ones. New tickets and what ends one come whole, the rest in part. Fails
// as generate_delta() does.
Result<std::vector<LiveEvent>> live_events(const Options& base, std::int64_t changed, std::int64_t added);

}  // namespace deskhouse::demo
