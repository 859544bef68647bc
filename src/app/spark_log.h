// Where the stream's events come from: Kafka, or a Spark cluster that reads Kafka (docs/spark.md).
#pragma once

#include <functional>
#include <memory>

#include "config/config.h"
#include "stream/log.h"

namespace deskhouse::app {

struct StreamLogOptions {
  bool until_end = false;           // end where the topics end now
  bool accept_loss = false;         // stream::KafkaOptions; not of a cluster
  std::function<bool()> stop = {};  // asked while a cluster starts
};

// Of stream.spark.master, if there is one. A cluster's log submits spark/stream.py, whose micro-batches it gives as
// they are prepared; show() of one lets it go on to the next. `config` outlives it.
Result<std::unique_ptr<stream::Log>> make_stream_log(const config::Config& config, const StreamLogOptions& options);

}  // namespace deskhouse::app
