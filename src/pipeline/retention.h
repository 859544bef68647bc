// Months of tickets: what there is of each, and dropping them, by command or after `retention.months`. A ticket belongs
// to the month (UTC) that it was created in. docs/decisions/0048 says what is dropped with it and what stays.
#pragma once

#include <string>
#include <vector>

#include "pipeline/run.h"

namespace deskhouse::pipeline {

struct Month {
  std::string name;  // "2024-03"
  std::int64_t tickets = 0, open = 0, events = 0, time_entries = 0, surveys = 0;
  std::int64_t dropped = 0;  // tickets of it that were dropped, and are left out when they are read again
};

// Ascending; all with tickets or with dropped ones.
Result<std::vector<Month>> read_months(warehouse::Connection& connection);

// "2024-03", or nothing.
bool is_month(std::string_view text);

// The first month that `retention.months` keeps as of `as_of`: that of `as_of` and so many before it.
std::string first_kept_month(Timestamp as_of, std::int64_t months);

// Which tickets are dropped: the ended ones of some months.
struct Drop {
  std::vector<std::string> months;                            // these,
  std::string before;                                         // and all before this one; empty: none
  std::string condition(std::string_view alias = "t") const;  // on operational.tickets
};

// How many that are now.
Result<std::int64_t> count_dropped(warehouse::Connection& connection, const Drop& drop);

// Drops them: a run of kind "retention", as of the last run, that recomputes every model without them.
Result<RunReport> drop_tickets(const config::Config& config, Warehouse& warehouse, const Drop& drop,
                               const Observer& observer);

// The same once a month, for what `retention.months` does not keep as of `as_of`; nothing where there is none.
Result<std::optional<RunReport>> drop_expired(const config::Config& config, Warehouse& warehouse, Timestamp as_of,
                                              const Observer& observer);

// Forgets that tickets of a month were dropped, so that the next time a source gives them they are loaded: how many.
Result<std::int64_t> restore_month(Warehouse& warehouse, const std::string& month);

// Within the transaction of such a run: takes the rows out of the operational layer, and remembers their keys.
Status take_out(warehouse::Connection& connection, warehouse::Places& places, const Drop& drop, std::int64_t run_id);

}  // namespace deskhouse::pipeline
