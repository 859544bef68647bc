// deskhouse.toml of a demo folder.
#pragma once

#include <string>
#include <string_view>

namespace deskhouse::demo {

// What `deskhouse demo` runs: all ten entities and the event log, a calendar, an SLA policy, finance.
std::string project_file();
// The same meaning, read from a Freshservice at `url` whose API key is in the file api-key.
std::string freshservice_project_file(std::string_view url);
// The same meaning for the folder of a delta: its four files, loaded into the warehouse of the folder above.
std::string delta_project_file();

}  // namespace deskhouse::demo
