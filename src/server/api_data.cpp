// The endpoints that read the warehouse.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "pipeline/explain_json.h"
#include "server/api.h"
#include "server/json_rows.h"
#include "server/listing.h"
#include "server/metric_query.h"
#include "server/openapi.h"

namespace deskhouse::server {
namespace {

using Json = nlohmann::json;
using warehouse::Parameter;

constexpr warehouse::SelectLimits kLimits{.rows = 10'000, .time = std::chrono::seconds(30)};

// How far the metric can be trusted, as of the last run that said so (docs/quality.md): an object, or null.
Result<std::string> quality_of(warehouse::Connection& connection, const std::string& metric) {
  DH_ASSIGN(const auto rows, connection.query(fmt::format(
                                 "select score, completeness, age_seconds from meta.metric_quality where run_id "
                                 "= (select max(run_id) from meta.quality) and metric = {}",
                                 warehouse::sql_text(metric))));
  if (rows.row_count() != 1) return "null";
  const auto list = json_objects(rows);
  return list.substr(1, list.size() - 2);
}

std::string json_of(const models::Metric& m) {
  const Json out{{"name", m.name},       {"title", {{"en", m.title_en}, {"ko", m.title_ko}}},
                 {"formula", m.formula}, {"filters", m.filters},
                 {"unit", m.unit},       {"good", m.good},
                 {"from", m.from},       {"mart", m.mart},
                 {"time", m.time},       {"value", m.value},
                 {"where", m.where},     {"dimensions", m.dimensions}};
  return out.dump();
}

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

struct Statement {
  std::string sql;
  std::vector<Parameter> parameters;
};

Result<Statement> statement_of(const Request& request) {
  if (!request.header("content-type").starts_with("application/json"))
    return fail(Error::Kind::usage, "the body must be JSON, and Content-Type say so: application/json");
  const auto body = Json::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.contains("sql") || !body["sql"].is_string())
    return fail(Error::Kind::usage, R"(the body must be {"sql": "select ...", "params": [...]})");
  Statement statement{.sql = body["sql"].get<std::string>(), .parameters = {}};
  const auto params = body.value("params", Json::array());
  if (!params.is_array()) return fail(Error::Kind::usage, "params must be a list");
  for (const auto& value : params) {
    auto parameter = parameter_of(value);
    if (!parameter) return fail(Error::Kind::usage, "a parameter must be a text, a number, true, false or null");
    statement.parameters.push_back(*std::move(parameter));
  }
  return statement;
}

std::string key_of(const Statement& statement) {
  std::string key = "query\n" + statement.sql;
  for (const auto& p : statement.parameters)
    key += fmt::format("\n{}:{}", p.index(),
                       std::visit(
                           [](const auto& v) -> std::string {
                             if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::monostate>)
                               return "";
                             else
                               return fmt::format("{}", v);
                           },
                           p));
  return key;
}

std::string day_text(const std::optional<Date>& day) {
  return day ? json_text(to_string(*day)) : "null";
}

std::string json_of(const DayRange& days) {
  if (!days.from && !days.to) return "null";
  return fmt::format(R"({{"from":{},"to":{}}})", day_text(days.from), day_text(days.to));
}

// What is not kept.
Response fresh(Result<std::string> text) {
  if (!text) return problem(text.error());
  return {.body = *std::move(text), .headers = {{"Cache-Control", "no-store"}}};
}

}  // namespace

Result<Readers::Lease> Api::reader(const Request& request) {
  if (request.is_masked && data_version_ == 0) return fail(Error::Kind::config, "no run has been published yet");
  return readers_.take(request.is_masked);
}

Response Api::list(const Call& call) {
  const auto& listing = *call.endpoint.listing;
  const auto key = fmt::format("{}{}", call.endpoint.path, call.arguments.text({"cursor", "limit"}));
  const auto compute = [&]() -> Result<std::string> {
    DH_ASSIGN(auto lease, reader(call.request));
    return page_of(listing, call.arguments, key, *lease, kLimits);
  };
  const auto page = fmt::format("{}\n{}\n{}", key, call.arguments.one("limit"), call.arguments.one("cursor"));
  if (listing.is_of_version) return kept(call.request, page, compute);
  return fresh(compute());
}

Response Api::detail(const Call& call) {
  const auto& detail = *call.endpoint.detail;
  bool is_missing = false;
  const auto compute = [&]() -> Result<std::string> {
    DH_ASSIGN(auto lease, reader(call.request));
    DH_ASSIGN(auto text, detail_of(detail, call.path, *lease, kLimits));
    is_missing = text.empty();
    if (is_missing) return fail(Error::Kind::usage, "");
    return text;
  };
  auto response =
      detail.is_of_version
          ? kept(call.request, fmt::format("{}\n{}", call.endpoint.path, fmt::join(call.path, "\n")), compute)
          : fresh(compute());
  if (is_missing)
    return problem(404, "There is nothing here", fmt::format("there is no {}", fmt::join(call.path, " ")));
  return response;
}

Response Api::list_metrics(const Call& call) {
  return kept(call.request, "metrics", [&]() -> Result<std::string> {
    std::string items;
    for (const auto& metric : settings()->metrics) items += (items.empty() ? "" : ",") + json_of(metric);
    return fmt::format(R"({{"items":[{}]}})", items);
  });
}

Response Api::one_metric(const Call& call) {
  const auto known = settings();
  const auto* metric = models::find_metric(known->metrics, call.path[0]);
  if (metric == nullptr) return problem(404, "There is no such metric", call.path[0] + "; see /api/v1/metrics");
  const auto query = read_metric_query(*metric, call.arguments);
  if (!query) return problem(query.error());
  const auto compute = [&]() -> Result<std::string> {
    DH_ASSIGN(auto lease, reader(call.request));
    const auto rows_of = [&](const DayRange& days) -> Result<warehouse::Selected> {
      const auto statement = statement_of(*metric, *query, days);
      return lease->select(statement.sql, statement.parameters, kLimits);
    };
    DH_ASSIGN(const auto rows, rows_of(query->days));
    std::string previous;
    if (query->compares) {
      const auto days = before(*metric, query->days);
      DH_ASSIGN(const auto earlier, rows_of(days));
      previous = fmt::format(R"(,"previous":{{"from":{},"to":{},"rows":{}}})", day_text(days.from), day_text(days.to),
                             json_objects(earlier.rows));
    }
    DH_ASSIGN(const auto quality, quality_of(*lease, metric->name));
    return fmt::format(R"({{"metric":{},"period":{},"rows":{},"truncated":{}{},"quality":{}}})", json_of(*metric),
                       json_of(query->days), json_objects(rows.rows), rows.truncated, previous, quality);
  };
  return kept(call.request, fmt::format("metric\n{}{}", metric->name, call.arguments.text()), compute);
}

Response Api::query(const Call& call) {
  auto statement = statement_of(call.request);
  if (!statement) return problem(statement.error());
  auto lease = reader(call.request);
  if (!lease) return problem(lease.error());
  const auto verdict = guard_.check(**lease, statement->sql);
  if (!verdict) return problem(verdict.error());
  const auto compute = [&]() -> Result<std::string> {
    ++queries_;
    DH_ASSIGN(const auto selected, (**lease).select(statement->sql, statement->parameters, kLimits));
    return json_result(selected) + "}";
  };
  if (verdict->is_stable) return kept(call.request, key_of(*statement), compute);
  return fresh(compute());
}

Response Api::tables(const Call& call) {
  return kept(call.request, "tables", [&]() -> Result<std::string> {
    DH_ASSIGN(auto lease, reader(call.request));
    DH_ASSIGN(
        const auto rows,
        (*lease).query("select schema_name as schema, table_name as \"table\", column_name as \"column\", data_type as "
                       "type, comment from duckdb_columns() where not internal and database_name = current_database() "
                       "and (schema_name in ('operational', "
                       "'core', 'meta') or schema_name like 'mart\\_%' escape '\\') and table_name not like "
                       "'load\\_%' escape '\\' order by schema_name, table_name, column_index"));
    return fmt::format(R"({{"items":{}}})", json_objects(rows));
  });
}

Response Api::sla(const Call& call) {
  return kept(call.request, fmt::format("sla\n{}\n{}", call.path[0], call.path[1]), [&]() -> Result<std::string> {
    DH_ASSIGN(auto lease, reader(call.request));
    const auto known = settings();
    DH_ASSIGN(const auto explanation,
              pipeline::explain_sla(known->config, *lease, call.path[1], call.path[0], std::nullopt));
    return pipeline::sla_json(explanation);
  });
}

Response Api::records(const Call& call) {
  return kept(call.request, fmt::format("records\n{}\n{}", call.path[0], call.path[1]), [&]() -> Result<std::string> {
    DH_ASSIGN(auto lease, reader(call.request));
    DH_ASSIGN(const auto records, pipeline::explain_record(*lease, "tickets", call.path[1], call.path[0]));
    return fmt::format(R"({{"items":{}}})", pipeline::records_json(records));
  });
}

Response Api::openapi(const Call&) {
  return {.body = openapi_document(kEndpoints, dimensions(), login_.gate != nullptr)};
}

Response Api::meta(const Call&) {
  return {.body = fmt::format(R"({{"data_version":{},"as_of":"{}"}})", data_version_.load(),
                              to_string(Timestamp{as_of_us_.load()})),
          .headers = {{"Cache-Control", "no-store"}}};
}

}  // namespace deskhouse::server
