// The numbers of now as the server shows them, if there is a stream. Who makes them lives in another room.
#pragma once

#include <functional>
#include <string>

#include "server/prometheus.h"

namespace deskhouse::server {

// Each is empty, or called by several threads at once.
struct LiveNumbers {
  std::function<std::string()> json;        // the object of /api/v1/live/windows and of `live` events (docs/api.md)
  std::function<std::string()> state;       // how it goes, a line for people
  std::function<void(Exposition&)> expose;  // for /metrics
};

}  // namespace deskhouse::server
