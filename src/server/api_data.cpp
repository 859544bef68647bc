// The endpoints that read the warehouse.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "base/nearest.h"
#include "pipeline/explain_json.h"
#include "server/api.h"
#include "server/json_rows.h"

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

// The metric's number for days that two parameters bound, if it has days and they are asked for.
Result<std::pair<std::string, std::vector<Parameter>>> statement_of(const models::Metric& metric,
                                                                    const std::string& from, const std::string& to,
                                                                    const std::string& by) {
  std::vector<std::string> conditions;
  std::vector<Parameter> parameters;
  if (!metric.where.empty()) conditions.push_back("(" + metric.where + ")");
  if (!from.empty() || !to.empty()) {
    if (metric.time.empty())
      return fail(Error::Kind::usage, fmt::format("the metric {} is of today: it has no period", metric.name));
    for (const auto& [day, comparison] : {std::pair(from, ">="), std::pair(to, "<=")}) {
      if (day.empty()) continue;
      if (!parse_iso_date(day))
        return fail(Error::Kind::usage, fmt::format("'{}' is not a day such as 2026-01-31", day));
      parameters.emplace_back(day);
      conditions.push_back(fmt::format("({}) {} ${}::date", metric.time, comparison, parameters.size()));
    }
  }
  if (!by.empty() && std::ranges::find(metric.dimensions, by) == metric.dimensions.end())
    return fail(Error::Kind::usage,
                fmt::format("the metric {} is not broken down by '{}'{}; by: {}", metric.name, by,
                            did_you_mean(by, metric.dimensions), fmt::join(metric.dimensions, ", ")));
  const auto where = conditions.empty() ? "" : fmt::format(" where {}", fmt::join(conditions, " and "));
  auto sql = by.empty() ? fmt::format("select {} as value from {}{}", metric.value, metric.from, where)
                        : fmt::format("select {0}, {1} as value from {2}{3} group by {0} order by {0}", by,
                                      metric.value, metric.from, where);
  return std::pair(std::move(sql), std::move(parameters));
}

// The days before a period, as many as it has.
std::pair<std::string, std::string> before(const std::string& from, const std::string& to) {
  const auto first = *parse_iso_date(from), last = *parse_iso_date(to);
  return {to_string(Date{first.days - (last.days - first.days + 1)}), to_string(Date{first.days - 1})};
}

}  // namespace

// A connection that nobody else uses meanwhile.
class Api::Lease {
 public:
  static Result<Lease> take(Api& api, const Request& request) {
    auto& idle = request.is_masked ? api.idle_masked_ : api.idle_;
    {
      const std::lock_guard lock(api.mutex_);
      if (!idle.empty()) {
        auto last = std::move(idle.back());
        idle.pop_back();
        return Lease(api, idle, std::move(last));
      }
    }
    DH_ASSIGN(auto connection, api.database_.connect());
    if (request.is_masked) {
      if (api.data_version_ == 0) return fail(Error::Kind::config, "no run has been published yet");
      DH_TRY(Masking::enter(connection));
    }
    return Lease(api, idle, std::make_unique<warehouse::Connection>(std::move(connection)));
  }
  Lease(Lease&&) = default;  // leaves nothing to give back
  ~Lease() {
    if (!connection_) return;
    const std::lock_guard lock(api_->mutex_);
    idle_->push_back(std::move(connection_));
  }
  warehouse::Connection& operator*() { return *connection_; }

 private:
  using Idle = std::vector<std::unique_ptr<warehouse::Connection>>;
  Lease(Api& api, Idle& idle, std::unique_ptr<warehouse::Connection> connection)
      : api_(&api), idle_(&idle), connection_(std::move(connection)) {}
  Api* api_;
  Idle* idle_;
  std::unique_ptr<warehouse::Connection> connection_;
};

Response Api::list_metrics(const Request& request, const std::vector<std::string>&) {
  return kept(request, "metrics", [&]() -> Result<std::string> {
    std::string items;
    for (const auto& metric : settings()->metrics) items += (items.empty() ? "" : ",") + json_of(metric);
    return fmt::format(R"({{"items":[{}]}})", items);
  });
}

Response Api::one_metric(const Request& request, const std::vector<std::string>& values) {
  const auto known = settings();
  const auto* metric = models::find_metric(known->metrics, values[0]);
  if (metric == nullptr) return problem(404, "There is no such metric", values[0] + "; see /api/v1/metrics");
  const auto parameter = [&](const char* name) {
    const auto it = request.parameters.find(name);
    return it == request.parameters.end() ? std::string() : it->second;
  };
  const auto from = parameter("from"), to = parameter("to"), by = parameter("by"), compare = parameter("compare");
  if (!compare.empty() && (compare != "previous" || from.empty() || to.empty()))
    return problem(400, "The request cannot be answered", "compare=previous needs from and to");
  return kept(request, fmt::format("metric\n{}\n{}\n{}\n{}\n{}", metric->name, from, to, by, compare),
              [&]() -> Result<std::string> {
                DH_ASSIGN(auto lease, Lease::take(*this, request));
                const auto rows_of = [&](const std::string& first, const std::string& last) -> Result<std::string> {
                  DH_ASSIGN(const auto statement, statement_of(*metric, first, last, by));
                  DH_ASSIGN(const auto selected, (*lease).select(statement.first, statement.second, kLimits));
                  return json_objects(selected.rows);
                };
                DH_ASSIGN(const auto rows, rows_of(from, to));
                std::string previous;
                if (!compare.empty()) {
                  const auto [first, last] = before(from, to);
                  DH_ASSIGN(const auto earlier, rows_of(first, last));
                  previous = fmt::format(R"(,"previous":{{"from":"{}","to":"{}","rows":{}}})", first, last, earlier);
                }
                DH_ASSIGN(const auto quality, quality_of(*lease, metric->name));
                return fmt::format(R"({{"metric":{},"rows":{}{},"quality":{}}})", json_of(*metric), rows, previous,
                                   quality);
              });
}

Response Api::query(const Request& request, const std::vector<std::string>&) {
  auto statement = statement_of(request);
  if (!statement) return problem(statement.error());
  auto lease = Lease::take(*this, request);
  if (!lease) return problem(lease.error());
  const auto verdict = guard_.check(**lease, statement->sql);
  if (!verdict) return problem(verdict.error());
  const auto compute = [&]() -> Result<std::string> {
    ++queries_;
    DH_ASSIGN(const auto selected, (**lease).select(statement->sql, statement->parameters, kLimits));
    return json_result(selected);
  };
  if (verdict->is_stable) return kept(request, key_of(*statement), compute);
  auto text = compute();
  if (!text) return problem(text.error());
  return {.body = *std::move(text), .headers = {{"Cache-Control", "no-store"}}};
}

Response Api::tables(const Request& request, const std::vector<std::string>&) {
  return kept(request, "tables", [&]() -> Result<std::string> {
    DH_ASSIGN(auto lease, Lease::take(*this, request));
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

Response Api::sla(const Request& request, const std::vector<std::string>& values) {
  return kept(request, fmt::format("sla\n{}\n{}", values[0], values[1]), [&]() -> Result<std::string> {
    DH_ASSIGN(auto lease, Lease::take(*this, request));
    const auto known = settings();
    DH_ASSIGN(const auto explanation, pipeline::explain_sla(known->config, *lease, values[1], values[0], std::nullopt));
    return pipeline::sla_json(explanation);
  });
}

Response Api::records(const Request& request, const std::vector<std::string>& values) {
  return kept(request, fmt::format("records\n{}\n{}", values[0], values[1]), [&]() -> Result<std::string> {
    DH_ASSIGN(auto lease, Lease::take(*this, request));
    DH_ASSIGN(const auto records, pipeline::explain_record(*lease, "tickets", values[1], values[0]));
    return fmt::format(R"({{"items":{}}})", pipeline::records_json(records));
  });
}

Response Api::meta(const Request&, const std::vector<std::string>&) {
  return {.body = fmt::format(R"({{"data_version":{},"as_of":"{}"}})", data_version_.load(),
                              to_string(Timestamp{as_of_us_.load()})),
          .headers = {{"Cache-Control", "no-store"}}};
}

}  // namespace deskhouse::server
