#include "server/query_body.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/nearest.h"

namespace deskhouse::server {
namespace {

using Json = nlohmann::json;
using warehouse::FileFormat;
using warehouse::Parameter;

// A value of the request's params; none if it is a list or an object.
std::optional<Parameter> parameter_of(const Json& value) {
  if (value.is_null()) return Parameter{};
  if (value.is_boolean()) return Parameter{value.get<bool>()};
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) return std::nullopt;
  if (value.is_number_integer()) return Parameter{value.get<std::int64_t>()};
  if (value.is_number()) return Parameter{value.get<double>()};
  if (value.is_string()) return Parameter{value.get<std::string>()};
  return std::nullopt;
}

Status read_parameters(const Json& body, QueryBody& query) {
  const auto params = body.value("params", Json::array());
  if (!params.is_array()) return fail(Error::Kind::usage, "params must be a list");
  for (const auto& value : params) {
    auto parameter = parameter_of(value);
    if (!parameter) return fail(Error::Kind::usage, "a parameter must be a text, a number, true, false or null");
    query.parameters.push_back(*std::move(parameter));
  }
  return {};
}

Status check_names(const Json& body) {
  static const std::vector<std::string> kNames = {"sql",         "params",          "format",
                                                  "ttl_seconds", "timeout_seconds", "max_rows"};
  for (const auto& [name, value] : body.items())
    if (std::ranges::find(kNames, name) == kNames.end())
      return fail(Error::Kind::usage, fmt::format("there is no member '{}'{}; there are {}", name,
                                                  did_you_mean(name, kNames), fmt::join(kNames, ", ")));
  return {};
}

Result<FileFormat> format_of(const Json& body, const Request& request) {
  if (body.contains("format")) {
    const auto format = body["format"].is_string() ? body["format"].get<std::string>() : std::string();
    if (format == "json") return FileFormat::json;
    if (format == "csv") return FileFormat::csv;
    if (format == "parquet") return FileFormat::parquet;
    return fail(Error::Kind::usage, "format must be json, csv or parquet");
  }
  const auto accept = request.header("accept");
  if (accept.contains("application/json")) return FileFormat::json;
  if (accept.contains("text/csv")) return FileFormat::csv;
  return accept.contains("application/vnd.apache.parquet") ? FileFormat::parquet : FileFormat::json;
}

// A whole number from `least` to `most`, if it is there.
Result<std::optional<std::int64_t>> number_of(const Json& body, const char* name, std::int64_t least,
                                              std::int64_t most) {
  if (!body.contains(name)) return std::nullopt;
  const auto& value = body[name];
  const bool is_one =
      value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX);
  if (!is_one || value.get<std::int64_t>() < least || value.get<std::int64_t>() > most)
    return fail(Error::Kind::usage, fmt::format("{} must be a whole number from {} to {}", name, least, most));
  return value.get<std::int64_t>();
}

}  // namespace

std::string QueryBody::key() const {
  std::string key = fmt::format("{} {}", static_cast<int>(format), limits.rows);
  for (const auto& p : parameters)
    key += fmt::format("\n{}:{}", p.index(),
                       std::visit(
                           [](const auto& v) -> std::string {
                             if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::monostate>)
                               return "";
                             else if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::string>)
                               return fmt::format("{}:{}", v.size(), v);
                             else
                               return fmt::format("{}", v);
                           },
                           p));
  return key;
}

Result<QueryBody> read_query(const Request& request) {
  if (!request.header("content-type").starts_with("application/json"))
    return fail(Error::Kind::usage, "the body must be JSON, and Content-Type say so: application/json");
  const auto body = Json::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.contains("sql") || !body["sql"].is_string())
    return fail(Error::Kind::usage, R"(the body must be {"sql": "select ...", "params": [...]})");
  DH_TRY(check_names(body));
  QueryBody query;
  query.sql = body["sql"].get<std::string>();
  DH_TRY(read_parameters(body, query));
  DH_ASSIGN(query.format, format_of(body, request));
  DH_ASSIGN(query.kept_seconds, number_of(body, "ttl_seconds", 0, kKeptSecondsMax));
  DH_ASSIGN(const auto seconds, number_of(body, "timeout_seconds", 1, kQuerySecondsMax));
  const auto most = query.format == FileFormat::json ? kQueryRowsMax : kFileRowsMax;
  DH_ASSIGN(const auto rows, number_of(body, "max_rows", 1, static_cast<std::int64_t>(most)));
  query.limits = {.rows = static_cast<std::size_t>(rows.value_or(static_cast<std::int64_t>(most))),
                  .time = std::chrono::seconds(seconds.value_or(kQuerySecondsMax)),
                  .bytes = kQueryBytesMax};
  return query;
}

}  // namespace deskhouse::server
