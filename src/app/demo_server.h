// A Freshservice for `deskhouse demo --freshservice`: the test server of a checkout, over the demo's files.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "base/result.h"

namespace deskhouse::app {

// Runs until it goes out of scope, or this process ends.
class DemoServer {
 public:
  // Serves the CSV files of `data`. Fails with one sentence where there is no checkout or no Python.
  static Result<DemoServer> start(const std::filesystem::path& data);
  DemoServer(DemoServer&& other) noexcept;
  DemoServer& operator=(DemoServer&&) = delete;
  ~DemoServer();

  // A deskhouse.toml that reads it, and the file of its API key.
  Status write_project(const std::filesystem::path& folder) const;

 private:
  DemoServer(pid_t pid, std::string address) : pid_(pid), address_(std::move(address)) {}
  pid_t pid_;
  std::string address_;
};

}  // namespace deskhouse::app
