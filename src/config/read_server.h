// [server] as checked values.
#pragma once

#include "config/section.h"
#include "config/server.h"

namespace deskhouse::config {

ServerConfig read_server(const Section& section);

}  // namespace deskhouse::config
