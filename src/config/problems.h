// Everything that is wrong with one deskhouse.toml, so that a user mends all of it at once.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace deskhouse::config {

class Problems {
 public:
  // `file` is shown in front of each message.
  explicit Problems(std::string file) : file_(std::move(file)) {}
  void add(int line, std::string message) { found_.emplace_back(line, std::move(message)); }
  bool empty() const { return found_.empty(); }
  // "FILE:LINE: message", one a line, in the order of the file.
  Error error() const;

 private:
  std::string file_;
  std::vector<std::pair<int, std::string>> found_;
};

}  // namespace deskhouse::config
