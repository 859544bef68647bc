// An entity of a source while a run reads it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "config/config.h"
#include "pipeline/cluster.h"
#include "sources/source.h"
#include "staging/stager.h"

namespace deskhouse::pipeline {

// Configuration and source are not owned, and outlive it.
struct Opened {
  const config::SourceConfig* configured;
  const config::EntityMapping* written;  // as deskhouse.toml has it
  const config::EntityMapping* mapping;  // as the contract leaves it
  std::unique_ptr<staging::Stager> stager;
  sources::Source* source;
  std::unique_ptr<sources::Reader> reader;
  std::optional<staging::PreparedFiles> prepared;  // by a cluster, for the first attempt
};

// Has the cluster prepare what it takes of a run.
Status prepare_on(Cluster& cluster, std::int64_t run_id, Timestamp started_at, std::vector<Opened>& opened,
                  const std::function<std::optional<Timestamp>(const Opened&)>& latest_update);

}  // namespace deskhouse::pipeline
