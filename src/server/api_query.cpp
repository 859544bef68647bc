// SQL of readers.
#include <fmt/format.h>

#include "access/secret.h"
#include "base/json_text.h"
#include "server/api.h"
#include "server/json_rows.h"
#include "server/memory_file.h"
#include "server/query_body.h"

namespace deskhouse::server {
namespace {

using warehouse::FileFormat;

Result<std::string> file_of(const QueryBody& body, const warehouse::SelectLimits& limits,
                            warehouse::Connection& connection) {
  DH_ASSIGN(const auto file, MemoryFile::make());
  const auto sql = body.format == FileFormat::csv ? warehouse::without_formulas(body.sql) : body.sql;
  DH_ASSIGN(
      [[maybe_unused]] const auto rows,
      connection.copy(sql, body.parameters, {.path = file.path(), .format = body.format, .is_in_place = true}, limits));
  return file.content();
}

Result<std::string> json_of(const QueryBody& body, const warehouse::SelectLimits& limits,
                            warehouse::Connection& connection) {
  DH_ASSIGN(const auto selected, connection.select(body.sql, body.parameters, limits));
  return fmt::format(R"({},"limits":{{"rows":{},"bytes":{},"seconds":{}}}}})", json_result(selected), limits.rows,
                     limits.bytes, std::chrono::duration_cast<std::chrono::seconds>(limits.time).count());
}

void say_format(FileFormat format, Response& response) {
  if (response.status != 200 || format == FileFormat::json) return;
  const bool is_csv = format == FileFormat::csv;
  response.type = is_csv ? "text/csv; charset=utf-8; header=present" : "application/vnd.apache.parquet";
  response.headers.emplace_back("Content-Disposition",
                                fmt::format("attachment; filename=\"deskhouse.{}\"", is_csv ? "csv" : "parquet"));
}

}  // namespace

Result<KnownStatements::Known> Api::look_at(const Request& request, const std::string& sql) {
  if (auto known = known_statements_.find(sql)) return *std::move(known);
  DH_ASSIGN(auto lease, lend(request));
  DH_ASSIGN(const auto verdict, guard_.check(*lease, sql));
  KnownStatements::Known known{verdict.is_stable, access::hash_token(verdict.normal)};
  known_statements_.keep(sql, known);
  return known;
}

Response Api::query(const Call& call) {
  const auto body = read_query(call.request);
  if (!body) return problem(body.error());
  call.ticket->describe(body->sql);
  auto limits = body->limits;
  limits.stop = call.ticket->stop();
  const auto statement = look_at(call.request, body->sql);
  if (!statement) return problem(statement.error());
  const auto compute = [&]() -> Result<std::string> {
    DH_ASSIGN(auto reading, read(call));
    ++queries_;
    return body->format == FileFormat::json ? json_of(*body, limits, *reading.lease)
                                            : file_of(*body, limits, *reading.lease);
  };
  auto response = statement->is_stable
                      ? kept(call.request, fmt::format("query\n{}\n{}", statement->fingerprint, body->key()), compute,
                             body->kept_seconds)
                      : fresh(compute());
  say_format(body->format, response);
  return response;
}

Response Api::list_queries(const Call&) {
  std::string items;
  for (const auto& seen : queries_under_way_.list())
    items += fmt::format(R"({}{{"id":{},"visitor":{},"peer":{},"what":{},"since":"{}","is_running":{}}})",
                         items.empty() ? "" : ",", json_text(seen.id),
                         seen.visitor.empty() ? "null" : json_text(seen.visitor), json_text(seen.peer),
                         json_text(seen.what), to_string(seen.since), seen.is_running);
  return fresh(fmt::format(R"({{"items":[{}]}})", items));
}

Response Api::cancel_query(const Call& call) {
  const bool is_own_only = call.role < access::Role::operate;
  const auto whose = is_own_only ? std::optional(call.request.visitor) : std::nullopt;
  if (!queries_under_way_.cancel(call.path[0], whose))
    return problem(404, "There is no such query under way", call.path[0]);
  return fresh(std::string(R"({"cancelled":true})"));
}

}  // namespace deskhouse::server
