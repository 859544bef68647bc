// How much memory the embedded database may take where nobody says so (project.memory_limit = "auto").
#pragma once

#include <cstdint>
#include <string>

namespace deskhouse::warehouse {

// 256 MB are enough for a million tickets. DuckDB keeps in memory which rows of a table were deleted: 8 bytes a row
// once there is one among its 2,048 neighbours, and below that no run gets along. Changes all over ten million
// tickets, a file of 6.6 GB, need some 350 MB. At most half of the machine's, and never less than the 256 MB. In bytes.
std::int64_t fitting_memory_limit(std::int64_t file_bytes, std::int64_t machine_bytes);

// The same of a file as it is now, and of this machine or what its container may have. Of what is no file, 256 MB.
std::int64_t memory_limit_of(const std::string& path);

}  // namespace deskhouse::warehouse
