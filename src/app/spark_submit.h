// What the jobs in spark/ have in common: where Spark and our parts of it are, how a job is submitted, why it ended.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "app/child.h"
#include "config/config.h"
#include "staging/prepared_files.h"

namespace deskhouse::app {

struct SparkMaster {
  std::string url;                    // spark://HOST:PORT, local[N], ...
  std::vector<std::string> settings;  // KEY=VALUE for spark-submit --conf
};

// A job that is there, and what it needs.
class SparkJob {
 public:
  // `name` is its file in spark/. An error (usage) says which part is missing: Java, Spark, the job, the library; (io)
  // that there is no master.
  static Result<SparkJob> find(SparkMaster master, std::string name);
  const SparkMaster& master() const { return master_; }
  const std::string& library() const { return library_; }

  // Writes the plan, which only we may read, and submits the job with it under the name `shown`. What the driver says
  // comes as lines of JSON; on others see why().
  Result<std::unique_ptr<Child>> submit(const nlohmann::json& plan, const std::filesystem::path& file,
                                        const std::string& shown);
  // Takes in a line of the driver; whether it is JSON, which then is in `said`.
  bool hear(const std::string& line, nlohmann::json& said);
  // Why it ended: its code, and what it said itself or else the last words of its log.
  std::string why(const ChildEnd& end) const;

 private:
  SparkMaster master_;
  std::string name_, submit_program_, job_, library_;
  std::string told_;  // by the driver, as the reason of its end
};

// The folder beside the lake's data, where the nodes of the cluster must reach it as they do that; beside the file of
// one: its name with `suffix`.
std::filesystem::path beside_data(const config::Config& config, std::string_view suffix);
// A name that nobody gave before.
std::string new_name();
Result<std::string> read_text(const std::filesystem::path& file);
// The files that a task tells of, by table, which are in `folder`; added to `to`.
void add_files(const nlohmann::json& task, const std::filesystem::path& folder, staging::PreparedFiles& to);

}  // namespace deskhouse::app
