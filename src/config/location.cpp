#include "config/location.h"

#include <fmt/format.h>

#include <regex>

namespace deskhouse::config {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLake = "ducklake:";
constexpr std::string_view kSqlite = "ducklake:sqlite:";
constexpr std::string_view kPostgres = "ducklake:postgres:";

// password=secret, password='two words', and postgresql://user:secret@host
std::string without_password(const std::string& connection) {
  static const std::regex in_words(R"re(password\s*=\s*('(\\.|[^'\\])*'|\S+))re", std::regex::icase);
  static const std::regex in_url(R"re((://[^:/@]*):[^@]*@)re");
  return std::regex_replace(std::regex_replace(connection, in_words, "password=..."), in_url, "$1:...@");
}

}  // namespace

bool Location::may_exist() const {
  if (lake && lake->catalogue == Lake::Catalogue::postgres) return true;
  std::error_code error;
  return fs::exists(beside, error);
}

Location location_of(const Config& config) {
  const std::string_view warehouse = config.warehouse;
  const auto in_project = [&](std::string_view path) {
    const fs::path given(path);
    return given.is_relative() ? config.project / given : given;
  };
  const auto data = [&] {
    std::error_code error;  // absolute: the catalogue keeps it, and other projects and folders name it
    auto folder = fs::absolute(in_project(config.lake_data), error).lexically_normal().string();
    if (!folder.ends_with('/')) folder += '/';
    return folder;
  };
  if (warehouse.starts_with(kPostgres)) {
    const std::string connection(warehouse.substr(kPostgres.size()));
    return {std::string(kPostgres) + without_password(connection), config.project / "deskhouse.lake",
            Lake{Lake::Catalogue::postgres, connection, data()}};
  }
  if (warehouse.starts_with(kSqlite)) {
    const auto file = in_project(warehouse.substr(kSqlite.size()));
    return {std::string(kSqlite) + file.string(), file, Lake{Lake::Catalogue::sqlite, file.string(), data()}};
  }
  const auto file = in_project(warehouse);
  return {file.string(), file, std::nullopt};
}

bool is_lake(std::string_view warehouse) {
  return warehouse.starts_with(kLake);
}

std::string mistake_in_location(std::string_view warehouse) {
  if (warehouse.empty()) return "must name a file";
  if (!warehouse.starts_with(kLake)) return {};
  if (warehouse.starts_with(kPostgres)) return {};
  if (warehouse.starts_with(kSqlite) && warehouse.size() > kSqlite.size()) return {};
  return fmt::format("'{}' is no lake; write ducklake:sqlite:FILE or ducklake:postgres:CONNECTION", warehouse);
}

}  // namespace deskhouse::config
