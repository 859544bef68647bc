#include "app/spark_submit.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "config/location.h"

namespace deskhouse::app {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::string_view kLibrary = "libdeskhouse_core.so";

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

}  // namespace

Result<SparkJob> SparkJob::find(SparkMaster master, std::string name) {
  SparkJob job;
  if (find_program(environment("JAVA_HOME"), "java").empty())
    return fail(Error::Kind::usage,
                environment("JAVA_HOME").empty()
                    ? "Spark needs Java 17 or later, and there is no `java` in PATH: install it, or "
                      "set JAVA_HOME"
                    : "Spark needs Java 17 or later, and JAVA_HOME has no bin/java");
  job.submit_program_ = find_program(environment("SPARK_HOME"), "spark-submit");
  if (job.submit_program_.empty())
    return fail(Error::Kind::usage,
                environment("SPARK_HOME").empty()
                    ? "There is no `spark-submit` in PATH: install Spark 4 (pip install pyspark), or "
                      "set SPARK_HOME"
                    : "SPARK_HOME has no bin/spark-submit: it must name a folder with Spark");
  DH_ASSIGN(const auto file, find_part(fs::path("spark") / name, fs::path("../share/deskhouse/spark") / name));
  DH_ASSIGN(const auto library, find_part(kLibrary, fs::path("../lib") / kLibrary));
  DH_TRY(look_for_master(master.url));
  job.job_ = file.string();
  job.library_ = library.string();
  job.master_ = std::move(master);
  job.name_ = std::move(name);
  return job;
}

Result<std::unique_ptr<Child>> SparkJob::submit(const json& plan, const fs::path& file, const std::string& shown) {
  const auto text = plan.dump(-1, ' ', false, json::error_handler_t::replace);
  const int out = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const bool written = out >= 0 && write(out, text.data(), text.size()) == std::ssize(text);
  const int error = errno;
  if (out >= 0) close(out);
  if (!written) return fail(Error::Kind::io, fmt::format("Cannot write {}: {}", file.string(), std::strerror(error)));
  std::vector<std::string> arguments = {submit_program_, "--master", master_.url, "--name", shown};
  for (const auto& setting : master_.settings) {
    arguments.emplace_back("--conf");
    arguments.push_back(setting);
  }
  arguments.push_back(job_);
  arguments.push_back(file.string());
  told_.clear();
  return Child::start(arguments, {{"PYTHONUNBUFFERED", "1"}});
}

// Spark gives what Python writes as standard output, errors too.
bool SparkJob::hear(const std::string& line, json& said) {
  const auto prefix = name_ + ": ";
  if (line.starts_with(prefix)) told_ = line.substr(prefix.size());
  said = json::parse(line, nullptr, false);
  return said.is_object();
}

std::string SparkJob::why(const ChildEnd& end) const {
  const auto how = end.code < 0 ? fmt::format("the driver was ended by signal {}", -end.code)
                                : fmt::format("the driver ended with {}", end.code);
  if (!told_.empty()) return fmt::format("({}): {}", how, told_);
  std::vector<std::string> lines;
  std::stringstream log(end.errors);
  for (std::string line; std::getline(log, line);)
    if (!line.empty()) lines.push_back(line);
  constexpr std::size_t kShown = 6;
  lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(std::min(lines.size(), kShown)));
  return fmt::format("({}): {}", how, fmt::join(lines, "\n"));
}

fs::path beside_data(const config::Config& config, std::string_view suffix) {
  const auto location = config::location_of(config);
  auto data = location.lake ? location.lake->data : location.beside.string();
  while (data.ends_with('/')) data.pop_back();
  return fs::absolute(data + std::string(suffix));
}

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

void add_files(const json& task, const fs::path& folder, staging::PreparedFiles& to) {
  const std::pair<const char*, std::vector<std::string>*> tables[] = {{"rows", &to.rows},
                                                                      {"rejects", &to.rejects},
                                                                      {"discards", &to.discards},
                                                                      {"blocks", &to.blocks},
                                                                      {"partials", &to.partials}};
  for (const auto& [table, files] : tables)
    if (const auto named = task.at("files").find(table); named != task.at("files").end())
      for (const auto& name : *named) files->push_back((folder / name.get<std::string>()).string());
  to.summaries.push_back(task.at("summary").dump());
}

}  // namespace deskhouse::app
