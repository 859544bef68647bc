#include "app/spark_cluster.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "app/child.h"
#include "app/output.h"
#include "config/location.h"
#include "sources/file_list.h"

namespace deskhouse::app {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::int64_t kBytesOfATask = 32 << 20;  // of an entity's files, about
constexpr std::int64_t kMostTasks = 64;           // of an entity
constexpr std::string_view kTold = "batch.py: ";  // how it says why it ends
constexpr std::string_view kLibrary = "libdeskhouse_core.so", kJob = "batch.py";

std::string environment(const char* name) {
  const auto* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_program(const fs::path& file) {
  return access(file.c_str(), X_OK) == 0 && fs::is_regular_file(file);
}

// In `home`/bin if that is set, else in PATH.
std::string find_program(const std::string& home, const std::string& name) {
  if (!home.empty()) return is_program(fs::path(home) / "bin" / name) ? home + "/bin/" + name : "";
  std::stringstream folders(environment("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');)
    if (is_program(fs::path(folder) / name)) return folder + "/" + name;
  return "";
}

// Beside the binary, or where it is installed.
Result<fs::path> find_part(const fs::path& beside, const fs::path& installed) {
  std::error_code error;
  const auto folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const auto& place : {folder / beside, folder / installed})
    if (fs::exists(place, error)) return place;
  return fail(Error::Kind::usage, fmt::format("{} is missing: it belongs beside deskhouse, in {}, or in {}",
                                              beside.filename().string(), (folder / beside).parent_path().string(),
                                              (folder / installed).lexically_normal().parent_path().string()));
}

// A name that nobody gave before.
std::string new_name() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}", random(), random(), random());
}

Result<std::string> read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!(text << in.rdbuf())) return fail(Error::Kind::io, fmt::format("Cannot read {}", file.string()));
  return std::move(text).str();
}

std::int64_t tasks_for(std::int64_t bytes, std::int64_t wanted) {
  return wanted > 0 ? wanted : std::clamp<std::int64_t>((bytes + kBytesOfATask - 1) / kBytesOfATask, 1, kMostTasks);
}

// Whether a master is there at all: a driver asks three times, for a minute, before it says so.
Status look_for_master(const std::string& master) {
  constexpr std::string_view kScheme = "spark://";
  if (!master.starts_with(kScheme) || master.find(',') != std::string::npos) return {};
  const auto address = master.substr(kScheme.size());
  const auto colon = address.rfind(':');
  if (colon == std::string::npos)
    return fail(Error::Kind::usage, fmt::format("--master is {}, without a port: spark://HOST:PORT", master));
  const addrinfo wanted{.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  const auto host = address.substr(0, colon), port = address.substr(colon + 1);
  if (const int code = getaddrinfo(host.c_str(), port.c_str(), &wanted, &found); code != 0)
    return fail(Error::Kind::usage, fmt::format("--master is {}: {}", master, gai_strerror(code)));
  int error = ECONNREFUSED;
  bool is_there = false;
  for (const auto* at = found; at != nullptr && !is_there; at = at->ai_next) {
    const int socket_ = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, 0);
    constexpr timeval kTimeout{.tv_sec = 5, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof kTimeout);
    is_there = connect(socket_, at->ai_addr, at->ai_addrlen) == 0;
    if (!is_there) error = errno;
    close(socket_);
  }
  freeaddrinfo(found);
  if (is_there) return {};
  return fail(Error::Kind::io,
              fmt::format("There is no Spark master at {}: {}. Start the cluster, or correct --master", master,
                          error == EINPROGRESS ? "no answer within 5 s" : std::strerror(error)));
}

// Why a driver ended: what it said itself, or else the last words of its log.
std::string why(const std::string& said, const std::string& log) {
  if (!said.empty()) return said;
  std::vector<std::string> lines;
  std::stringstream text(log);
  for (std::string line; std::getline(text, line);)
    if (!line.empty()) lines.push_back(line);
  constexpr std::size_t kShown = 6;
  lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(std::min(lines.size(), kShown)));
  return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace

Result<std::unique_ptr<SparkCluster>> SparkCluster::open(const config::Config& config, SparkOptions options,
                                                         std::function<void(const std::string&)> show,
                                                         std::function<bool()> stop) {
  std::unique_ptr<SparkCluster> cluster(new SparkCluster);
  if (options.master.empty())
    return fail(Error::Kind::usage, "--engine spark wants --master: spark://HOST:PORT, or local[4] without a cluster");
  if (find_program(environment("JAVA_HOME"), "java").empty())
    return fail(Error::Kind::usage,
                environment("JAVA_HOME").empty()
                    ? "Spark needs Java 17 or later, and there is no `java` in PATH: install it, or "
                      "set JAVA_HOME"
                    : "Spark needs Java 17 or later, and JAVA_HOME has no bin/java");
  cluster->submit_program_ = find_program(environment("SPARK_HOME"), "spark-submit");
  if (cluster->submit_program_.empty())
    return fail(Error::Kind::usage,
                environment("SPARK_HOME").empty()
                    ? "There is no `spark-submit` in PATH: install Spark 4 (pip install pyspark), or "
                      "set SPARK_HOME"
                    : "SPARK_HOME has no bin/spark-submit: it must name a folder with Spark");
  DH_ASSIGN(cluster->job_, find_part(fs::path("spark") / kJob, fs::path("../share/deskhouse/spark") / kJob));
  DH_ASSIGN(cluster->library_, find_part(kLibrary, fs::path("../lib") / kLibrary));
  DH_TRY(look_for_master(options.master));
  if (options.batch.empty()) options.batch = new_name();
  // Beside the lake's data, where the nodes of the cluster must reach it as they do that; beside the file of one.
  const auto location = config::location_of(config);
  auto data = location.lake ? location.lake->data : location.beside.string();
  while (data.ends_with('/')) data.pop_back();
  cluster->root_ = fs::absolute(data + ".prepared");
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

Result<std::vector<pipeline::PreparedFiles>> SparkCluster::prepare(std::int64_t run_id,
                                                                   const std::vector<pipeline::ClusterJob>& jobs) {
  tasks_ = 0;
  if (jobs.empty()) return std::vector<pipeline::PreparedFiles>{};
  // One process writes to the warehouse, and that is us: what lies here was left by runs that died.
  std::error_code error;
  fs::remove_all(root_, error);
  folder_ = root_ / new_name();
  fs::create_directories(folder_, error);
  if (error)
    return fail(Error::Kind::io, fmt::format("Cannot make the folder {}: {}", folder_.string(), error.message()));
  DH_TRY(write_plan(run_id, jobs));
  DH_TRY(submit());
  return read_manifest(jobs);
}

Status SparkCluster::write_plan(std::int64_t run_id, const std::vector<pipeline::ClusterJob>& jobs) {
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
  const json plan = {{"batch", options_.batch},
                     {"run", run_id},
                     {"config", text},
                     {"project", fs::absolute(config_->project).string()},
                     {"folder", folder_.string()},
                     {"library", library_.string()},
                     {"tasks", tasks}};
  std::ofstream out(folder_ / "plan.json", std::ios::binary);
  out << plan.dump(-1, ' ', false, json::error_handler_t::replace);
  if (!out.flush())
    return fail(Error::Kind::io,
                fmt::format("Cannot write {}: {}", (folder_ / "plan.json").string(), std::strerror(errno)));
  return {};
}

Status SparkCluster::submit() {
  std::vector<std::string> arguments = {submit_program_, "--master", options_.master, "--name",
                                        "deskhouse " + options_.batch};
  for (const auto& setting : options_.settings) {
    arguments.emplace_back("--conf");
    arguments.push_back(setting);
  }
  arguments.push_back(job_.string());
  arguments.push_back((folder_ / "plan.json").string());
  show_(fmt::format("Spark at {}: starting", options_.master));
  // Spark gives what Python writes as standard output, errors too.
  std::string told;
  const auto on_line = [&](const std::string& line) {
    if (line.starts_with(kTold)) told = line.substr(kTold.size());
    const auto said = json::parse(line, nullptr, false);
    if (!said.is_object() || !said.contains("done")) return;
    show_(fmt::format("Spark: {} of {} tasks done, {} running, {} failed, {} executors", said.value("done", 0), tasks_,
                      said.value("running", 0), said.value("failed", 0), said.value("executors", 0)));
  };
  DH_ASSIGN(const auto end, run_child(arguments, {{"PYTHONUNBUFFERED", "1"}}, on_line, stop_));
  if (end.code == 0) return {};
  if (stop_ && stop_()) return fail(Error::Kind::io, "The batch was stopped before Spark had prepared it");
  return fail(
      Error::Kind::io,
      fmt::format("Spark at {} did not prepare the batch ({}): {}\nNothing was published; run again.", options_.master,
                  end.code < 0 ? fmt::format("the driver was ended by signal {}", -end.code)
                               : fmt::format("the driver ended with {}", end.code),
                  why(told, end.errors)));
}

Result<std::vector<pipeline::PreparedFiles>> SparkCluster::read_manifest(
    const std::vector<pipeline::ClusterJob>& jobs) const {
  DH_ASSIGN(const auto text, read_text(folder_ / "manifest.json"));
  const auto manifest = json::parse(text, nullptr, false);
  if (!manifest.is_array() || manifest.size() != static_cast<std::size_t>(tasks_))
    return fail(Error::Kind::io,
                fmt::format("{} does not tell of {} tasks", (folder_ / "manifest.json").string(), tasks_));
  std::vector<pipeline::PreparedFiles> prepared(jobs.size());
  for (const auto& task : manifest) {  // batch.py's own, whole since it was renamed into place
    auto& files = prepared.at(task.at("job").get<std::size_t>());
    const auto add = [&](const char* table, std::vector<std::string>& to) {
      for (const auto& name : task.at("files").at(table)) to.push_back((folder_ / name.get<std::string>()).string());
    };
    add("rows", files.rows);
    add("rejects", files.rejects);
    add("discards", files.discards);
    add("blocks", files.blocks);
    files.summaries.push_back(task.at("summary").dump());
  }
  return prepared;
}

}  // namespace deskhouse::app
