#include "server/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "server/assets.h"
#include "server/json_rows.h"
#include "server/monitor_metrics.h"

namespace deskhouse::server {
namespace {

constexpr std::size_t kCacheBytes = 64 << 20;
constexpr std::int64_t kCacheSeconds = 3600;

Timestamp now() {
  return Timestamp{
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count()};
}

// The parts of a path that stand where the endpoint has braces; false if the path is another's.
bool match(std::string_view pattern, std::string_view path, std::vector<std::string>& values) {
  values.clear();
  while (!pattern.empty() && !path.empty()) {
    pattern.remove_prefix(1);  // both begin with a slash
    path.remove_prefix(1);
    const auto wanted = pattern.substr(0, pattern.find('/')), given = path.substr(0, path.find('/'));
    if (wanted.starts_with('{')) {
      if (given.empty()) return false;
      values.emplace_back(given);
    } else if (wanted != given) {
      return false;
    }
    pattern.remove_prefix(wanted.size());
    path.remove_prefix(given.size());
  }
  return pattern.empty() && path.empty();
}

std::string_view type_of(std::string_view path) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".json", "application/json"},
      {".woff2", "font/woff2"},
      {".webmanifest", "application/manifest+json"},
      {".png", "image/png"},
  };
  for (const auto& [end, type] : kTypes)
    if (path.ends_with(end)) return type;
  return "application/octet-stream";
}

}  // namespace

std::span<const Endpoint> Api::endpoints() {
  static const Endpoint kEndpoints[] = {
      {"GET", "/api/v1/metrics", "The definitions of all metrics", {}, &Api::list_metrics},
      {"GET",
       "/api/v1/metrics/{name}",
       "The value of a metric, of all time or of a period, broken down or not",
       {"from: first day of the period, 2026-01-01", "to: its last day", "by: one of the metric's dimensions",
        "compare: previous, for the period of the same length before it"},
       &Api::one_metric},
      {"POST", "/api/v1/query", "Rows of one SELECT: {\"sql\", \"params\"}", {}, &Api::query},
      {"GET", "/api/v1/tables", "Tables and views with their columns", {}, &Api::tables},
      {"GET", "/api/v1/tickets/{source}/{id}/sla", "The minute ledger of a ticket's service level", {}, &Api::sla},
      {"GET",
       "/api/v1/tickets/{source}/{id}/records",
       "The raw records that a ticket came from",
       {},
       &Api::records,
       access::Role::analyst},
      {"GET", "/api/v1/me", "Who asks, and what that role may do", {}, &Api::me},
      {"GET", "/api/v1/meta", "As of when the numbers are, and of which version of the data", {}, &Api::meta},
      {"GET",
       "/api/v1/live",
       "Server-sent events: `data` with each new version of the data, `live` with the numbers of now",
       {},
       &Api::live},
      {"GET", "/events", "The same as /api/v1/live", {}, &Api::live},
      {"GET",
       "/api/v1/live/windows",
       "The numbers of now: tickets by priority in windows of 10 seconds, and totals",
       {},
       &Api::live_windows},
      {"GET", "/api/v1/openapi.json", "This description, as OpenAPI 3.1", {}, &Api::openapi},
      {"GET", "/healthz", "200 while the process answers", {}, &Api::healthz},
      {"GET", "/readyz", "200 while the warehouse answers and has numbers of a run", {}, &Api::readyz},
      {"GET",
       "/metrics",
       "Runs, stages, checks, alerts, stream, cache and server, for Prometheus",
       {},
       &Api::own_metrics},
  };
  return kEndpoints;
}

Api::Api(warehouse::Database& database, config::Config config, std::vector<models::Metric> metrics, LiveHub& live,
         Login login)
    : database_(database), live_(live), login_(login), cache_(kCacheBytes, kCacheSeconds) {
  for (const auto& asset : assets()) files_[asset.path] = gzip(asset.content);
  use(std::move(config), std::move(metrics));
}

void Api::use(config::Config config, std::vector<models::Metric> metrics) {
  const std::lock_guard lock(mutex_);
  settings_ = std::make_shared<const Settings>(std::move(config), std::move(metrics));
}

std::shared_ptr<const Api::Settings> Api::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

Response Api::answer(const Request& request) {
  const auto start = std::chrono::steady_clock::now();
  ++requests_;
  Request known = request;
  auto response = is_for_us(request, login_.gate != nullptr)
                      ? admit(known)
                      : problem(421, "This is not the server of that name",
                                "it answers programs and browsers of its own machine only");
  if (response.status >= 500) ++failures_;
  if (response.status >= 400 && response.status < 500) ++refusals_;
  if (login_.audit != nullptr)
    login_.audit->write(known, response.status, now(), std::chrono::steady_clock::now() - start);
  return response;
}

// Finds out who asks.
Response Api::admit(Request& request) {
  if (login_.gate == nullptr) return route(request, access::Role::admin);
  const auto& path = request.path;
  if (path == "/login" && (request.method == "GET" || request.method == "POST"))
    return login_.gate->sign_in(request, now());
  if (path == "/logout" && request.method == "POST") return login_.gate->sign_out(request);
  if (path == "/login.css") return Gate::style();
  const auto visitor = login_.gate->visitor(request, now());
  if (visitor) {
    request.visitor = visitor->name;
    request.is_masked = visitor->role == access::Role::viewer;
    return route(request, visitor->role);
  }
  if (path == "/healthz" || path == "/readyz" || path.starts_with("/assets/"))
    return route(request, access::Role::viewer);
  if (path.starts_with("/api/") || path == "/metrics") {
    auto response = problem(401, "Who are you?", "sign in at /login, or send Authorization: Bearer TOKEN");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  }
  return Gate::to_sign_in(request);
}

Response Api::route(const Request& request, access::Role role) {
  const auto method = request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  std::vector<std::string> values;
  bool is_known = false;
  for (const auto& endpoint : endpoints()) {
    if (!match(endpoint.path, request.path, values)) continue;
    is_known = true;
    if (endpoint.method != method) continue;
    if (role < endpoint.least)
      return problem(403, "Not for this role",
                     fmt::format("this needs the role {}", access::to_string(endpoint.least)));
    return (this->*endpoint.answer)(request, values);
  }
  if (is_known) return problem(405, "The method is not allowed here", request.method);
  if (request.path.starts_with("/api/"))
    return problem(404, "There is nothing here", request.path + "; see /api/v1/openapi.json");
  if (method != "GET") return problem(405, "The method is not allowed here", request.method);
  return file(request);
}

// A file of the dashboard. What it does not know is a page of it, whose address the browser takes apart.
Response Api::file(const Request& request) const {
  if (files_.empty() && request.path == "/")
    return {.type = "text/plain; charset=utf-8",
            .body = "This deskhouse was built without its dashboard. The API is at /api/v1/openapi.json\n"};
  auto found = files_.find(request.path);
  if (found == files_.end() && request.path.find('.') == std::string::npos) found = files_.find("/index.html");
  if (found == files_.end()) return problem(404, "There is nothing here", request.path);
  const bool is_hashed = found->first.starts_with("/assets/");
  return {.type = std::string(type_of(found->first)),
          .body = found->second,
          .headers = {{"Cache-Control", is_hashed ? "public, max-age=31536000, immutable" : "no-cache"}},
          .is_gzip = true};
}

Response Api::kept(const Request& request, const std::string& key,
                   const std::function<Result<std::string>()>& compute) {
  const auto whole = fmt::format("{}\n{}\n{}", data_version_.load(), request.is_masked ? "masked" : "plain", key);
  const auto tag = fmt::format("\"{:016x}\"", std::hash<std::string>{}(whole));
  auto answer = cache_.get(whole, now(), compute);
  if (!answer) return problem(answer.error());
  Response response{.body = std::move(answer->text),
                    .headers = {{"ETag", tag},
                                {"Cache-Control", "private, no-cache"},
                                {"X-Cache", answer->was_kept ? "hit" : "miss"},
                                {"Age", std::to_string(answer->age_seconds)}}};
  if (request.header("if-none-match") == tag) {
    response.status = 304;
    response.body.clear();
  }
  return response;
}

Status Api::refresh(bool tells) {
  DH_ASSIGN(auto connection, database_.connect());
  DH_ASSIGN(const auto state, connection.query("select data_version, as_of from meta.state"));
  const auto version = state.row_count() == 0 ? 0 : state.integer(0, 0);
  const bool is_new = data_version_.exchange(version) != version;
  if (is_new && version > 0) {
    if (login_.gate != nullptr) DH_TRY(masking_.refresh(connection));
    as_of_us_ = state.integer(0, 1);
    cache_.clear();
  }
  if (tells && told_version_.exchange(version) != version && version > 0)
    live_.publish("data",
                  fmt::format(R"({{"data_version":{},"as_of":"{}"}})", version, to_string(Timestamp{as_of_us_})));
  return {};
}

Response Api::live_windows(const Request&, const std::vector<std::string>&) {
  if (!numbers_.json)
    return problem(404, "There are no numbers of now", "this server reads no stream: [stream] of deskhouse.toml");
  return {.body = numbers_.json(), .headers = {{"Cache-Control", "no-store"}}};
}

Response Api::live(const Request&, const std::vector<std::string>&) {
  return {.type = "text/event-stream", .body = {}, .live = &live_};
}

Response Api::me(const Request& request, const std::vector<std::string>&) {
  const bool asks = login_.gate != nullptr;
  return {.body = fmt::format(R"({{"name":{},"has_login":{},"sees_personal_data":{}}})",
                              request.visitor.empty() ? "null" : json_text(request.visitor), asks, !request.is_masked),
          .headers = {{"Cache-Control", "no-store"}}};
}

Response Api::healthz(const Request&, const std::vector<std::string>&) {
  return {.type = "text/plain; charset=utf-8", .body = "ok\n"};
}

// Ready: the warehouse answers, and there are numbers of a run that was published. A later run that failed changes
// nothing of them, so it alerts and does not take the server out of service (docs/monitoring.md).
Response Api::readyz(const Request&, const std::vector<std::string>&) {
  const auto why = why_not_ready();
  if (!why.empty()) return problem(503, "Not ready", why);
  // A stream that fails is told of, and changes nothing of what can be shown.
  return {.type = "text/plain; charset=utf-8",
          .body = numbers_.state ? fmt::format("ok\nstream: {}\n", numbers_.state()) : "ok\n"};
}

std::string Api::why_not_ready() {
  auto connection = database_.connect();
  if (!connection) return "the warehouse cannot be read";
  const auto state = connection->select("select data_version from meta.state", {},
                                        {.rows = 1, .time = std::chrono::milliseconds(2000)});
  if (!state) return "the warehouse does not answer";
  return state->rows.row_count() == 0 || state->rows.integer(0, 0) == 0 ? "no run has been published" : "";
}

Response Api::own_metrics(const Request&, const std::vector<std::string>&) {
  using Type = Exposition::Type;
  Exposition out;
  auto connection = database_.connect();
  if (!connection) return problem(connection.error());
  if (const auto exposed = expose_warehouse(*connection, out); !exposed) return problem(exposed.error());
  const auto counts = cache_.counts();
  const auto add = [&](std::string_view name, Type type, std::string_view help, auto value) {
    out.one(name, type, help, static_cast<double>(value));
  };
  add("deskhouse_http_requests_total", Type::counter, "Requests that were answered.", requests_.load());
  add("deskhouse_http_refused_total", Type::counter, "Answers of the kind 4xx.", refusals_.load());
  add("deskhouse_http_failed_total", Type::counter, "Answers of the kind 5xx.", failures_.load());
  add("deskhouse_queries_total", Type::counter, "SQL queries that were computed.", queries_.load());
  add("deskhouse_cache_hits_total", Type::counter, "Answers that were kept from before.", counts.hits);
  add("deskhouse_cache_misses_total", Type::counter, "Answers that had to be computed.", counts.misses);
  add("deskhouse_cache_evictions_total", Type::counter, "Answers that made room for others.", counts.evictions);
  add("deskhouse_cache_size_bytes", Type::gauge, "Bytes of the answers that are kept.", counts.bytes);
  add("deskhouse_cache_entries", Type::gauge, "Answers that are kept.", counts.entries);
  if (numbers_.expose) numbers_.expose(out);
  expose_process(out);
  return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = out.text()};
}

Response Api::openapi(const Request&, const std::vector<std::string>&) {
  using Json = nlohmann::ordered_json;
  Json paths = Json::object();
  for (const auto& endpoint : endpoints()) {
    Json parameters = Json::array();
    for (auto rest = endpoint.path; rest.find('{') != std::string_view::npos;) {
      rest.remove_prefix(rest.find('{') + 1);
      parameters.push_back({{"name", std::string(rest.substr(0, rest.find('}')))},
                            {"in", "path"},
                            {"required", true},
                            {"schema", {{"type", "string"}}}});
    }
    for (const auto parameter : endpoint.parameters)
      parameters.push_back({{"name", std::string(parameter.substr(0, parameter.find(':')))},
                            {"in", "query"},
                            {"description", std::string(parameter.substr(parameter.find(':') + 2))},
                            {"schema", {{"type", "string"}}}});
    Json problem{{"description", "What went wrong, as RFC 9457 says"},
                 {"content", {{"application/problem+json", {{"schema", {{"type", "object"}}}}}}}};
    Json operation{{"summary", std::string(endpoint.summary)},
                   {"parameters", std::move(parameters)},
                   {"responses", {{"200", {{"description", "OK"}}}, {"default", std::move(problem)}}}};
    if (endpoint.method == "POST") {
      Json schema{{"type", "object"},
                  {"required", {"sql"}},
                  {"properties", {{"sql", {{"type", "string"}}}, {"params", {{"type", "array"}}}}}};
      operation["requestBody"] = {{"required", true},
                                  {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
    }
    std::string method(endpoint.method);
    std::ranges::transform(method, method.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    paths[std::string(endpoint.path)][method] = std::move(operation);
  }
  const Json document{{"openapi", "3.1.0"}, {"info", {{"title", "Deskhouse"}, {"version", "1"}}}, {"paths", paths}};
  return {.body = document.dump()};
}

}  // namespace deskhouse::server
