// What the tests of the demo share: a folder that removes itself, and a naive CSV reader that knows nothing
// of the writer.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "demo/generator.h"

namespace deskhouse::demo::test {

class DemoFolder {
 public:
  explicit DemoFolder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / ("deskhouse_demo_" + name + "_" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
  }
  ~DemoFolder() { std::filesystem::remove_all(path_); }
  DemoFolder(const DemoFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  Options options(std::int64_t tickets, std::uint64_t seed = 7) const {
    Options options;
    options.folder = path_;
    options.tickets = tickets;
    options.seed = seed;
    return options;
  }

 private:
  std::filesystem::path path_;
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline nlohmann::json read_truth(const std::filesystem::path& folder) {
  return nlohmann::json::parse(read_file(folder / "truth.json"));
}

// Every data file of the folder, by path within it.
inline std::map<std::string, std::string> read_all(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = read_file(entry.path());
  return files;
}

using Record = std::vector<std::string>;

inline std::vector<Record> parse_csv(const std::string& text) {
  std::vector<Record> records;
  Record record;
  std::string field;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"')
        field += c;
      else if (i + 1 < text.size() && text[i + 1] == '"')
        field += text[++i];
      else
        quoted = false;
    } else if (c == '"') {
      EXPECT_TRUE(field.empty()) << "a quote in the middle of a bare field";
      quoted = true;
    } else if (c == ',' || c == '\n') {
      record.push_back(std::move(field));
      field.clear();
      if (c == '\n') records.push_back(std::move(record)), record.clear();
    } else {
      field += c;
    }
  }
  EXPECT_FALSE(quoted) << "the file ends within quotes";
  EXPECT_TRUE(record.empty() && field.empty()) << "the last line has no end";
  return records;
}

// Rows of a CSV file by column name; rows of another width are counted apart.
struct Rows {
  Record header;
  std::vector<Record> rows;
  std::int64_t ragged = 0;

  Rows() = default;
  explicit Rows(const std::filesystem::path& path) { append(path); }
  void append(const std::filesystem::path& path) {
    auto records = parse_csv(read_file(path));
    ASSERT_FALSE(records.empty()) << path;
    header = records.front();
    for (std::size_t i = 1; i < records.size(); ++i) {
      if (records[i].size() == header.size())
        rows.push_back(std::move(records[i]));
      else
        ++ragged;
    }
  }
  const std::string& at(const Record& row, const std::string& column) const {
    const auto found = std::find(header.begin(), header.end(), column);
    if (found == header.end()) throw std::out_of_range("no column " + column);
    return row[static_cast<std::size_t>(found - header.begin())];
  }
  std::int64_t total() const { return static_cast<std::int64_t>(rows.size()) + ragged; }
};

inline Rows read_tickets(const std::filesystem::path& folder) {
  Rows rows;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "tickets")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) rows.append(file);
  return rows;
}

}  // namespace deskhouse::demo::test
