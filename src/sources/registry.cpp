#include "sources/registry.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <array>
#include <string>
#include <vector>

#include "base/nearest.h"
#include "sources/files.h"
#include "sources/freshservice.h"
#include "sources/mysql.h"
#include "sources/postgresql.h"

namespace deskhouse::sources {
namespace {

// Every kind of source, here and nowhere else. A new one must pass tests/conformance/source_conformance.h.
constexpr std::array kTypes{
    SourceType{"files", "CSV, JSON Lines (both also gzip) and Parquet: one file, a folder or a glob",
               make_files_source},
    SourceType{"postgresql", "tables, views and queries of a PostgreSQL server", make_postgresql_source},
    SourceType{"mysql", "tables, views and queries of a MySQL or MariaDB server", make_mysql_source},
    SourceType{"freshservice", "a Freshservice account, by its REST API v2", make_freshservice_source},
};

}  // namespace

std::span<const SourceType> source_types() {
  return kTypes;
}

Result<std::unique_ptr<Source>> make_source(const config::SourceConfig& source, const SourceServices& services) {
  std::vector<std::string> names;
  for (const SourceType& type : kTypes) {
    if (type.name == source.type) return type.make(source, services);
    names.emplace_back(type.name);
  }
  const std::string place = source.line > 0 ? fmt::format("deskhouse.toml line {}: ", source.line) : "";
  return fail(Error::Kind::config,
              fmt::format("{}source '{}' has the unknown type '{}'{} (known: {})", place, source.name, source.type,
                          did_you_mean(source.type, names), fmt::join(names, ", ")));
}

}  // namespace deskhouse::sources
