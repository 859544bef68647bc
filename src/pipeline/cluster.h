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

namespace deskhouse::pipeline {

// One entity for the cluster.
struct ClusterJob {
  const config::EntityMapping* mapping = nullptr;  // as the contract leaves it
  std::optional<Timestamp> latest_update;          // later ones are rejected
};

// What the cluster made of it: files by the tables of deskhouse_core_take, each of which some share of the records is
// in, once; and the summary of each share (deskhouse_core_summary).
struct PreparedFiles {
  std::vector<std::string> rows, rejects, discards, blocks;
  std::vector<std::string> summaries;
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
  virtual Result<std::vector<PreparedFiles>> prepare(std::int64_t run_id, const std::vector<ClusterJob>& jobs) = 0;
};

// Loads prepared files as run_extraction loads what it reads. None: this process must read the entity itself, since the
// load table refuses a row, or a column is nowhere in the files; nothing of it is kept then.
Result<std::optional<Extraction>> load_prepared(ExtractionContext& context, const PreparedFiles& files,
                                                const std::vector<std::string>& raw_columns,
                                                const config::EntityMapping& mapping, const schema::TableInfo& entity,
                                                warehouse::Loader::Kind kind);

// The run that published the batch; none: nobody has.
Result<std::optional<std::int64_t>> run_of_batch(warehouse::Connection& connection, const std::string& batch);
// Inside the publishing transaction. An error (usage) if it is published already.
Status record_cluster_batch(warehouse::Connection& connection, const Cluster& cluster, std::int64_t run_id,
                            Timestamp at);

}  // namespace deskhouse::pipeline
