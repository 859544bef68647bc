// Records that a cluster decodes and validates before a run loads them. The run stays what it is: its contracts decide
// how an entity is read, its transaction publishes what is loaded. Only the reading and staging is done elsewhere, by
// the same code (src/capi), and comes back as Parquet files (docs/decisions/0059).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "pipeline/extraction.h"
#include "staging/prepared_files.h"

namespace deskhouse::pipeline {

// One entity for the cluster.
struct ClusterJob {
  const config::EntityMapping* mapping = nullptr;  // as the contract leaves it
  std::optional<Timestamp> latest_update;          // later ones are rejected
};

// Outlives the run; used by one thread.
class Cluster {
 public:
  virtual ~Cluster() = default;
  // By which the run is known in meta.cluster_batches: published once.
  virtual const std::string& batch() const = 0;
  virtual std::int64_t tasks() const = 0;  // of the latest prepare()
  // Whether the cluster can read it. What it cannot is read by the run itself.
  virtual bool takes(const config::SourceConfig& source, const config::EntityMapping& mapping) const = 0;
  // For each job its files, in order; they stay until the run ends. All or nothing.
  virtual Result<std::vector<staging::PreparedFiles>> prepare(std::int64_t run_id, Timestamp started_at,
                                                              const std::vector<ClusterJob>& jobs) = 0;
};

// Loads prepared files as run_extraction loads what it reads, and behind them what `rest` has (null: nothing), few
// records. None: this process must read the entity itself, since the load table refuses a row, a column is nowhere in
// the files, or a record of the rest is rejected; nothing of it is kept then.
Result<std::optional<Extraction>> load_prepared(ExtractionContext& context, const staging::PreparedFiles& files,
                                                sources::Reader* rest, staging::Stager& stager,
                                                const config::EntityMapping& mapping, const schema::TableInfo& entity,
                                                warehouse::Loader::Kind kind);

// The run that published the batch; none: nobody has.
Result<std::optional<std::int64_t>> run_of_batch(warehouse::Connection& connection, const std::string& batch);
// Inside the publishing transaction. An error (usage) if it is published already.
Status record_cluster_batch(warehouse::Connection& connection, const std::string& batch, std::int64_t tasks,
                            std::int64_t run_id);

}  // namespace deskhouse::pipeline
