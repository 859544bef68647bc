// A project folder of one test, with a deskhouse.toml of its own; gone at the end of the test.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "config/config.h"

namespace deskhouse::config {

class Project {
 public:
  explicit Project(std::string_view toml) {
    static int count = 0;
    folder_ = std::filesystem::temp_directory_path() /
              ("deskhouse_config_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "deskhouse.toml") << toml;
  }
  ~Project() { std::filesystem::remove_all(folder_); }
  Project(const Project&) = delete;
  Project& operator=(const Project&) = delete;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

inline Result<Config> load_text(std::string_view toml) {
  return load(Project(toml).folder());
}

// The message of the error, or "loaded".
inline std::string problem_of(std::string_view toml) {
  const auto config = load_text(toml);
  return config ? "loaded" : config.error().message;
}

}  // namespace deskhouse::config
