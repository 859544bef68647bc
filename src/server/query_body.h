// What is sent to POST /api/v1/query. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "server/http.h"
#include "warehouse/database.h"

namespace deskhouse::server {

constexpr std::int64_t kQuerySecondsMax = 30, kKeptSecondsMax = 86'400;
constexpr std::size_t kQueryRowsMax = 10'000, kFileRowsMax = 1'000'000;
constexpr std::size_t kQueryBytesMax = 32 << 20;

struct QueryBody {
  std::string sql;
  std::vector<warehouse::Parameter> parameters;
  warehouse::FileFormat format = warehouse::FileFormat::json;
  std::optional<std::int64_t> kept_seconds;  // how old an answer may be; 0: compute it now
  warehouse::SelectLimits limits;

  // All that the answer depends on but the SQL.
  std::string key() const;
};

// Fails with Kind::usage and what is wrong. The format is that of the body, or of the Accept header.
Result<QueryBody> read_query(const Request& request);

}  // namespace deskhouse::server
