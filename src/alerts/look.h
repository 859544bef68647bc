// One look at all rules: measures them, decides what is new, writes it down. What is to be sent then waits in the
// outbox (store.h).
#pragma once

#include "alerts/store.h"
#include "config/config.h"

namespace deskhouse::alerts {

struct Looked {
  std::vector<Event> events;                  // of this look
  std::map<std::string, std::string> broken;  // rules that cannot be evaluated, and why
  std::int64_t pending = 0, firing = 0;       // that there are now
};

// `connection` in no transaction. Writes only if something changed. What `broken` holds keeps its alerts as they were.
Result<Looked> look(warehouse::Connection& connection, const config::Config& config, Timestamp now);

}  // namespace deskhouse::alerts
