// [channels]: ways to reach people.
#pragma once

#include <filesystem>
#include <vector>

#include "config/alerts.h"
#include "config/section.h"

namespace deskhouse::config {

// By name; `log` is there whether or not it is described.
std::vector<Channel> read_channels(const Section& section, const std::filesystem::path& project);

// "info", "warning" or "critical"; `fallback` without the key.
Severity read_severity(const Section& section, std::string_view key, Severity fallback);

// One mailbox without a display name, local@domain, of characters that cannot end a header or a command of SMTP.
bool is_mailbox(std::string_view text);

}  // namespace deskhouse::config
