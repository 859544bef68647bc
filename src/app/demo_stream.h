// deskhouse demo --stream: the day after the end of a demo, as a stream.
#pragma once

#include <filesystem>

#include "app/command.h"
#include "demo/generator.h"
#include "stream/engine.h"

namespace deskhouse::app {

struct DemoStream {
  std::string brokers;  // empty: without any broker, from an ordered log in this process
  double rate = 200;    // events a second; 0: as fast as it goes
  bool is_quiet = false;
};

// Follows a demo that was loaded as of `as_of`; the warehouse is then as of a day later. Stops when told to.
Result<stream::EngineProgress> stream_demo(const demo::Options& base, Timestamp as_of, const DemoStream& options);

}  // namespace deskhouse::app
