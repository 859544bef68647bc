// The system's compiled time zone files (TZif, RFC 9636), read whole: the listed offset changes and the rule
// at the end of the file that goes on where the list stops. Read here rather than by a library because the
// packaged one leaves that rule out: it knows no summer time after 2037, or after 2007 where the files are
// the slim ones.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time_zone.h"

namespace deskhouse {

// The offset changes of `name` for 1970 to 2151, as TimeZone::changes() promises them. Looks in $TZDIR, else
// in /usr/share/zoneinfo. Fails when there is no such zone or its file is damaged; the message says what to
// write.
Result<std::vector<OffsetChange>> read_zone_file(std::string_view name);

// The same from the bytes of a file; nullopt when they are not a zone file of version 2 or later that is
// whole.
std::optional<std::vector<OffsetChange>> parse_zone_file(std::string_view bytes);

}  // namespace deskhouse
