// The numbers of now as programs read them: JSON (docs/api.md) and Prometheus (docs/monitoring.md). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/prometheus.h"
#include "stream/live_metrics.h"

namespace deskhouse::app {

// How a stream goes, since the start of its process.
struct StreamState {
  bool is_reading = false;
  std::string error;  // why it is not, or was not when it was last tried
  std::int64_t failures = 0, events = 0, micro_batches = 0, quarantined = 0;
  std::optional<std::int64_t> lag;
  double seconds = 0;  // of the latest micro-batch
};

std::string live_json(const stream::LiveSnapshot& live, const StreamState& state);
void expose_live(const stream::LiveSnapshot& live, const StreamState& state, server::Exposition& out);

}  // namespace deskhouse::app
