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

warehouse::SelectLimits limits_of(const Call& call) {
  return {.rows = 10'000, .time = std::chrono::seconds(30), .stop = call.ticket->stop()};
}

Result<std::map<std::string, std::string>> read_quality(warehouse::Connection& connection) {
  DH_ASSIGN(const auto rows,
            connection.query("select metric, score, completeness, age_seconds from meta.metric_quality where run_id = "
                             "(select max(run_id) from meta.quality)"));
  std::map<std::string, std::string> found;
  for (std::size_t row = 0; row < rows.row_count(); ++row) {
    std::string object = R"({"score":)";
    append_json(rows, row, 1, object);
    object += R"(,"completeness":)";
    append_json(rows, row, 2, object);
    object += R"(,"age_seconds":)";
    append_json(rows, row, 3, object);
    found[rows.display(row, 0)] = object + "}";
  }
  return found;
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

std::string day_text(const std::optional<Date>& day) {
  return day ? json_text(to_string(*day)) : "null";
}

std::string json_of(const DayRange& days) {
  if (!days.from && !days.to) return "null";
  return fmt::format(R"({{"from":{},"to":{}}})", day_text(days.from), day_text(days.to));
}

}  // namespace

Result<Readers::Lease> Api::lend(const Request& request) {
  if (request.is_masked && data_version_ == 0) return fail(Error::Kind::config, "no run has been published yet");
  if (request.snapshot != 0) return readers_.take_past(request.snapshot);
  return readers_.take(request.is_masked);
}

Result<Api::Reading> Api::read(const Call& call) {
  DH_ASSIGN(auto turn, call.ticket->turn());
  DH_ASSIGN(auto lease, lend(call.request));
  return Reading{std::move(turn), std::move(lease)};
}

Response Api::list(const Call& call) {
  const auto& listing = *call.endpoint.listing;
  const auto key = fmt::format("{}{}", call.endpoint.path, call.arguments.text({"cursor", "limit"}));
  const auto compute = [&]() -> Result<std::string> {
    DH_ASSIGN(auto reading, read(call));
    return page_of(listing, call.arguments, key, *reading.lease, limits_of(call));
  };
  const auto page = fmt::format("{}\n{}\n{}", key, call.arguments.one("limit"), call.arguments.one("cursor"));
  if (listing.is_of_version) return kept(call.request, page, compute);
  return fresh(compute());
}

Response Api::one(const Call& call, bool is_of_version, const Describe& describe) {
  bool is_missing = false;
  const auto compute = [&]() -> Result<std::string> {
    DH_ASSIGN(auto reading, read(call));
    DH_ASSIGN(auto text, describe(*reading.lease));
    is_missing = text.empty();
    if (is_missing) return fail(Error::Kind::usage, "");
    return text;
  };
  auto response =
      is_of_version ? kept(call.request, fmt::format("{}\n{}", call.endpoint.path, fmt::join(call.path, "\n")), compute)
                    : fresh(compute());
  if (is_missing)
    return problem(404, "There is nothing here", fmt::format("there is no {}", fmt::join(call.path, " ")));
  return response;
}

Response Api::detail(const Call& call) {
  const auto& detail = *call.endpoint.detail;
  return one(call, detail.is_of_version, [&](warehouse::Connection& connection) {
    return detail_of(detail, call.path, connection, limits_of(call));
  });
}

Response Api::list_metrics(const Call& call) {
  return kept(call.request, "metrics", [&]() -> Result<std::string> {
    std::string items;
    for (const auto& metric : settings()->metrics) items += (items.empty() ? "" : ",") + json_of(metric);
    return fmt::format(R"({{"items":[{}]}})", items);
  });
}

// How far the metric can be trusted, as of the last run that said so (docs/quality.md): an object, or null. All are
// read at once, since it takes longer than most metrics.
Result<std::string> Api::quality_of(const Request& request, warehouse::Connection& connection,
                                    const std::string& metric) {
  const auto of = [&](const Quality& known) {
    const auto it = known.find(metric);
    return it == known.end() ? std::string("null") : it->second;
  };
  const auto version = fmt::format("{}.{}", data_version_.load(), forgotten_.load());
  if (request.snapshot == 0) {
    const std::lock_guard lock(mutex_);
    if (quality_version_ == version) return of(quality_);
  }
  DH_ASSIGN(auto known, read_quality(connection));
  auto found = of(known);
  if (request.snapshot == 0) {
    const std::lock_guard lock(mutex_);
    quality_ = std::move(known);
    quality_version_ = version;
  }
  return found;
}

Response Api::one_metric(const Call& call) {
  const auto known = settings();
  const auto* metric = models::find_metric(known->metrics, call.path[0]);
  if (metric == nullptr) return problem(404, "There is no such metric", call.path[0] + "; see /api/v1/metrics");
  const auto query = read_metric_query(*metric, call.arguments);
  if (!query) return problem(query.error());
  const auto compute = [&]() -> Result<std::string> {
    DH_ASSIGN(auto reading, read(call));
    const auto rows_of = [&](const DayRange& days) -> Result<warehouse::Selected> {
      const auto statement = statement_of(*metric, *query, days);
      return reading.lease->select(statement.sql, statement.parameters, limits_of(call));
    };
    DH_ASSIGN(const auto rows, rows_of(query->days));
    std::string previous;
    if (query->compares) {
      const auto days = before(*metric, query->days);
      DH_ASSIGN(const auto earlier, rows_of(days));
      previous = fmt::format(R"(,"previous":{{"from":{},"to":{},"rows":{}}})", day_text(days.from), day_text(days.to),
                             json_objects(earlier.rows));
    }
    DH_ASSIGN(const auto quality, quality_of(call.request, *reading.lease, metric->name));
    return fmt::format(R"({{"metric":{},"period":{},"rows":{},"truncated":{}{},"quality":{}}})", json_of(*metric),
                       json_of(query->days), json_objects(rows.rows), rows.truncated, previous, quality);
  };
  return kept(call.request, fmt::format("metric\n{}{}", metric->name, call.arguments.text()), compute);
}

Response Api::tables(const Call& call) {
  return kept(call.request, "tables", [&]() -> Result<std::string> {
    DH_ASSIGN(auto reading, read(call));
    DH_ASSIGN(
        const auto rows,
        (*reading.lease)
            .query("select schema_name as schema, table_name as \"table\", column_name as \"column\", data_type as "
                   "type, comment from duckdb_columns() where not internal and database_name = current_database() "
                   "and (schema_name in ('operational', "
                   "'core', 'meta') or schema_name like 'mart\\_%' escape '\\') and table_name not like "
                   "'load\\_%' escape '\\' order by schema_name, table_name, column_index"));
    return fmt::format(R"({{"items":{}}})", json_objects(rows));
  });
}

Response Api::sla(const Call& call) {
  return one(call, true, [&](warehouse::Connection& connection) -> Result<std::string> {
    const std::vector<warehouse::Parameter> which{call.path[0], call.path[1]};
    DH_ASSIGN(const auto found, connection.select("select 1 from operational.tickets where source = ? and id = ?",
                                                  which, limits_of(call)));
    if (found.rows.row_count() == 0) return std::string();
    const auto known = settings();
    DH_ASSIGN(const auto explanation,
              pipeline::explain_sla(known->config, connection, call.path[1], call.path[0], std::nullopt));
    return pipeline::sla_json(explanation);
  });
}

Response Api::records(const Call& call) {
  return kept(call.request, fmt::format("records\n{}\n{}", call.path[0], call.path[1]), [&]() -> Result<std::string> {
    DH_ASSIGN(auto reading, read(call));
    DH_ASSIGN(const auto records, pipeline::explain_record(*reading.lease, "tickets", call.path[1], call.path[0]));
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
