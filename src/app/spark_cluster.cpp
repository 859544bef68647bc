#include "app/spark_cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "sources/file_list.h"

namespace deskhouse::app {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::int64_t kBytesOfATask = 32 << 20;  // of an entity's files, about
constexpr std::int64_t kMostTasks = 64;           // of an entity

std::int64_t tasks_for(std::int64_t bytes, std::int64_t wanted) {
  return wanted > 0 ? wanted : std::clamp<std::int64_t>((bytes + kBytesOfATask - 1) / kBytesOfATask, 1, kMostTasks);
}

}  // namespace

Result<std::unique_ptr<SparkCluster>> SparkCluster::open(const config::Config& config, SparkOptions options,
                                                         std::function<void(const std::string&)> show,
                                                         std::function<bool()> stop) {
  if (options.master.url.empty())
    return fail(Error::Kind::usage, "--engine spark wants --master: spark://HOST:PORT, or local[4] without a cluster");
  std::unique_ptr<SparkCluster> cluster(new SparkCluster);
  DH_ASSIGN(cluster->job_, SparkJob::find(options.master, "batch.py"));
  if (options.batch.empty()) options.batch = new_name();
  cluster->root_ = beside_data(config, ".prepared");
  cluster->config_ = &config;
  cluster->options_ = std::move(options);
  cluster->show_ = std::move(show);
  cluster->stop_ = std::move(stop);
  return cluster;
}

SparkCluster::~SparkCluster() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
  if (!root_.empty()) fs::remove(root_, ignored);
}

bool SparkCluster::takes(const config::SourceConfig& source, const config::EntityMapping& mapping) const {
  if (source.type != "files") return false;
  const auto files = sources::list_files(mapping);
  return files && std::ranges::none_of(*files, [](const auto& f) { return f.format == config::Format::parquet; });
}

Result<std::vector<staging::PreparedFiles>> SparkCluster::prepare(std::int64_t run_id, Timestamp started_at,
                                                                  const std::vector<pipeline::ClusterJob>& jobs) {
  tasks_ = 0;
  if (jobs.empty()) return std::vector<staging::PreparedFiles>{};
  // One process writes to the warehouse, and that is us: what lies here was left by runs that died.
  std::error_code error;
  fs::remove_all(root_, error);
  folder_ = root_ / new_name();
  fs::create_directories(folder_, error);
  if (error)
    return fail(Error::Kind::io, fmt::format("Cannot make the folder {}: {}", folder_.string(), error.message()));
  DH_TRY(prepare_jobs(run_id, started_at, jobs));
  return read_manifest(jobs);
}

Status SparkCluster::prepare_jobs(std::int64_t run_id, Timestamp started_at,
                                  const std::vector<pipeline::ClusterJob>& jobs) {
  DH_ASSIGN(const auto text, read_text(config_->file));
  json tasks = json::array();
  for (std::size_t job = 0; job < jobs.size(); ++job) {
    const auto& mapping = *jobs[job].mapping;
    DH_ASSIGN(const auto files, sources::list_files(mapping));
    std::int64_t bytes = 0;
    for (const auto& file : files) bytes += file.bytes;
    const auto parts = tasks_for(bytes, options_.tasks);
    const json columns = {{"gone", mapping.gone}, {"known", mapping.known}, {"custom_fields", mapping.custom_fields}};
    for (std::int64_t part = 0; part < parts; ++part)
      tasks.push_back({{"job", job},
                       {"source", mapping.source},
                       {"entity", mapping.entity},
                       {"part", part},
                       {"parts", parts},
                       {"columns", columns.dump()},
                       {"latest_update_us", jobs[job].latest_update.value_or(Timestamp{INT64_MAX}).us}});
  }
  tasks_ = static_cast<std::int64_t>(tasks.size());
  return submit({{"batch", options_.batch},
                 {"run", run_id},
                 {"started_at_us", started_at.us},
                 {"config", text},
                 {"project", fs::absolute(config_->project).string()},
                 {"folder", folder_.string()},
                 {"library", job_.library()},
                 {"tasks", tasks}});
}

Status SparkCluster::submit(const json& plan) {
  const auto& master = options_.master.url;
  show_(fmt::format("Spark at {}: starting", master));
  DH_ASSIGN(const auto driver, job_.submit(plan, folder_ / "plan.json", "deskhouse " + options_.batch));
  constexpr int kWaitMs = 200;
  json said;
  while (!driver->is_over()) {
    if (stop_ && stop_()) driver->tell_to_end();
    const auto line = driver->next_line(kWaitMs);
    if (line && job_.hear(*line, said) && said.contains("done"))
      show_(fmt::format("Spark: {} of {} tasks done, {} running, {} failed, {} executors", said.value("done", 0),
                        tasks_, said.value("running", 0), said.value("failed", 0), said.value("executors", 0)));
  }
  const auto end = driver->wait();
  if (end.code == 0) return {};
  if (stop_ && stop_()) return fail(Error::Kind::io, "The batch was stopped before Spark had prepared it");
  return fail(Error::Kind::io,
              fmt::format("Spark at {} did not prepare the batch {}\nNothing was published; run again.", master,
                          job_.why(end)));
}

Result<std::vector<staging::PreparedFiles>> SparkCluster::read_manifest(
    const std::vector<pipeline::ClusterJob>& jobs) const {
  DH_ASSIGN(const auto text, read_text(folder_ / "manifest.json"));
  const auto manifest = json::parse(text, nullptr, false);
  if (!manifest.is_array() || manifest.size() != static_cast<std::size_t>(tasks_))
    return fail(Error::Kind::io,
                fmt::format("{} does not tell of {} tasks", (folder_ / "manifest.json").string(), tasks_));
  std::vector<staging::PreparedFiles> prepared(jobs.size());
  for (const auto& task : manifest)  // batch.py's own, whole since it was renamed into place
    add_files(task, folder_, prepared.at(task.at("job").get<std::size_t>()));
  for (auto& files : prepared) files.names_run = true;
  return prepared;
}

}  // namespace deskhouse::app
