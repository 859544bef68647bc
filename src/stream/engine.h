// The stream: micro-batches of events, each a run of the pipeline. What is read of a log is stored in the transaction
// that publishes it, so every event counts once, whatever dies.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/fair_lock.h"
#include "pipeline/run.h"
#include "stream/dead_letters.h"
#include "stream/live_metrics.h"
#include "stream/log.h"

namespace deskhouse::stream {

struct EngineOptions {
  std::optional<Timestamp> as_of;  // of every micro-batch; none: the clock
  bool until_end = false;          // stop once everything was read that was there at some time
  bool accept_loss = false;        // begin anew where the log is not the one that was read (Log::open)
};

struct EngineProgress {
  std::int64_t events = 0, micro_batches = 0, quarantined = 0;
  double seconds = 0;  // of the latest micro-batch
  std::optional<std::int64_t> lag;
};

// The places where it may be asked to stop or is watched; each may be empty. Once `stop` says so nothing more is
// published: what was read and is not published is read again next time. `published` runs on the thread of run(), after
// the commit; `settled` too, of runs that bring no events.
struct EngineHooks {
  std::function<bool()> stop;
  std::function<void()> opened;  // the log was found where it was left: reading begins
  std::function<void(const EngineProgress&, const pipeline::RunReport&)> published;
  std::function<void(const pipeline::RunReport&)> settled;
};

// What a stream may have beside its log; each may be null, and outlives it.
struct EngineParts {
  DeadLetters* dead_letters = nullptr;
  LiveMetrics* live = nullptr;  // kept up to date, from before the first micro-batch on
  // Held while the warehouse's connection is used: for those who write over it too. What their runs change is seen.
  FairLock* writer = nullptr;
};

// Reads `log` until it is told to stop or there is an error.
Result<EngineProgress> run_stream(const config::Config& config, pipeline::Warehouse& warehouse, Log& log,
                                  const EngineParts& parts, const EngineOptions& options, const EngineHooks& hooks);

}  // namespace deskhouse::stream
