// A Spark cluster as pipeline::Cluster: writes the plan of a batch, submits spark/batch.py with spark-submit, shows its
// tasks, and reads the manifest that it leaves (docs/spark.md).
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "app/spark_submit.h"
#include "pipeline/cluster.h"

namespace deskhouse::app {

struct SparkOptions {
  SparkMaster master;
  std::string batch;       // empty: a name of its own, which nobody gave before
  std::int64_t tasks = 0;  // of each entity; 0: by the size of its files
};

class SparkCluster final : public pipeline::Cluster {
 public:
  // `show` gets a line of progress from time to time; `stop` is asked meanwhile. An error (usage) says which part is
  // missing: Java, Spark, the job, the library.
  static Result<std::unique_ptr<SparkCluster>> open(const config::Config& config, SparkOptions options,
                                                    std::function<void(const std::string&)> show,
                                                    std::function<bool()> stop);
  ~SparkCluster() override;  // the files go

  const std::string& batch() const override { return options_.batch; }
  std::int64_t tasks() const override { return tasks_; }
  bool takes(const config::SourceConfig& source, const config::EntityMapping& mapping) const override;
  Result<std::vector<staging::PreparedFiles>> prepare(std::int64_t run_id, Timestamp started_at,
                                                      const std::vector<pipeline::ClusterJob>& jobs) override;

 private:
  SparkCluster() = default;
  Status prepare_jobs(std::int64_t run_id, Timestamp started_at, const std::vector<pipeline::ClusterJob>& jobs);
  Status submit(const nlohmann::json& plan);
  Result<std::vector<staging::PreparedFiles>> read_manifest(const std::vector<pipeline::ClusterJob>& jobs) const;

  const config::Config* config_ = nullptr;
  SparkOptions options_;
  std::function<void(const std::string&)> show_;
  std::function<bool()> stop_;
  SparkJob job_;
  std::filesystem::path root_, folder_;  // root_ holds the folders of batches, folder_ this one's
  std::int64_t tasks_ = 0;
};

}  // namespace deskhouse::app
