// SLA policies and business hours of a Freshservice account, as deskhouse.toml would say them.
#pragma once

#include <string>
#include <string_view>

#include "sources/fs_reader.h"

namespace deskhouse::sources {

// [calendars] and [[sla.policies]] for config::add_imported_sla, read from sla_policies, business_hours and groups. A
// policy that applies by what Deskhouse does not know (a department, say) is left out; a comment "# left out: ..."
// tells so. Fails where the key may not see them.
Result<std::string> fs_sla_toml(FsShared& shared);

// The same from the answers' bodies; pure. `prefix` stands before the names of calendars.
struct FsSlaAnswers {
  std::string policies, business_hours;
  std::vector<std::string> groups;  // each as a JSON object
};
std::string fs_sla_toml(const FsSlaAnswers& answers, const config::Freshservice& account, std::string_view prefix);

// "8:00 am" -> 480; -1: no time of a day.
int fs_minute_of_day(std::string_view text);

}  // namespace deskhouse::sources
