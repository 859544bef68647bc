// [calendars] and [sla] as the values that the core takes, and their canonical text for the fingerprint.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "config/section.h"
#include "core/sla.h"

namespace deskhouse::config {

using Calendars = std::map<std::string, std::shared_ptr<const core::Calendar>>;

// `canonical` gets one line per calendar or policy: the same whatever the order of keys in the file.
Calendars read_calendars(const Section& section, Problems& problems, std::string& canonical);
core::SlaPolicies read_sla(const Section& section, const Calendars& calendars, std::string& canonical);

std::string canonical_text(const std::vector<core::Holiday>& holidays);

}  // namespace deskhouse::config
