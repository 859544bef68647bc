// deskhouse.toml of a demo folder.
#pragma once

#include <string>

namespace deskhouse::demo {

// What `deskhouse demo` runs: all ten entities and the event log, a calendar, an SLA policy, finance.
std::string project_file();
// The same meaning for the folder of a delta: its four files, loaded into the warehouse of the folder above.
std::string delta_project_file();

}  // namespace deskhouse::demo
