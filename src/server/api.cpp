#include "server/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/json_text.h"
#include "pipeline/time_travel.h"
#include "server/assets.h"
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

// What stands in a path where the endpoint has braces; nothing if the path is another's.
std::optional<std::vector<std::string>> match(std::string_view pattern, const std::vector<std::string>& parts) {
  std::vector<std::string> values;
  for (const auto& part : parts) {
    if (pattern.empty()) return std::nullopt;
    pattern.remove_prefix(1);  // a slash
    const auto wanted = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(wanted.size());
    if (!wanted.starts_with('{')) {
      if (wanted != part) return std::nullopt;
    } else if (part.empty()) {
      return std::nullopt;
    } else {
      values.push_back(part);
    }
  }
  if (!pattern.empty()) return std::nullopt;
  return values;
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

// A new run makes an answer old at once, so that who keeps one asks whether it still holds; but for those who said how
// old an answer may be.
std::string cache_control(std::optional<std::int64_t> seconds, std::int64_t age) {
  if (!seconds) return "private, no-cache";
  if (*seconds == 0) return "no-store";
  return fmt::format("private, max-age={}", std::max<std::int64_t>(*seconds - age, 0));
}

}  // namespace

Api::Api(warehouse::Database& database, config::Config config, std::vector<models::Metric> metrics, LiveHub& live,
         Login login)
    : database_(database),
      live_(live),
      login_(login),
      cache_(kCacheBytes, kCacheSeconds),
      readers_(database, [this](warehouse::Connection& connection) {
        return login_.gate != nullptr ? masking_.refresh(connection) : Status();
      }) {
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
  bool is_known = false;
  for (const auto& endpoint : kEndpoints) {
    auto values = match(endpoint.path, request.parts);
    if (!values) continue;
    is_known = true;
    if (endpoint.method != method) continue;
    if (role < endpoint.least)
      return problem(403, "Not for this role",
                     fmt::format("this needs the role {}", access::to_string(endpoint.least)));
    auto arguments = Arguments::read(parameters_of(endpoint),
                                     endpoint.takes_dimensions ? dimensions() : std::vector<std::string>(), request);
    if (!arguments) return problem(arguments.error());
    if (arguments->has("as_of")) {
      auto past = request;
      if (const auto known = travel(past, arguments->one("as_of")); !known) return problem(known.error());
      return ask({past, endpoint, *std::move(values), role, *std::move(arguments)});
    }
    return ask({request, endpoint, *std::move(values), role, *std::move(arguments)});
  }
  if (is_known) return problem(405, "The method is not allowed here", request.method);
  if (request.path.starts_with("/api/"))
    return problem(404, "There is nothing here", request.path + "; see /api/v1/openapi.json");
  if (method != "GET") return problem(405, "The method is not allowed here", request.method);
  return file(request);
}

// The request's snapshot is that of a run or a time.
Status Api::travel(Request& request, const std::string& as_of) {
  if (request.is_masked)
    return fail(Error::Kind::usage, "as_of: what is past is not masked, so that it needs the role analyst");
  DH_ASSIGN(auto connection, database_.connect());
  DH_ASSIGN(const auto snapshot, pipeline::find_snapshot(connection, as_of));
  request.snapshot = snapshot.id;
  return {};
}

// What may take long is known by an id while it does, and there is not too much of it.
Response Api::ask(Call&& call) {
  if (call.endpoint.is_quick) return (this->*call.endpoint.answer)(call);
  const auto& request = call.request;
  auto id = request.header("x-query-id");
  constexpr std::size_t kLongestId = 100;
  if (id.size() > kLongestId ||
      !std::ranges::all_of(id, [](unsigned char c) { return c > ' ' && c < 127 && c != '/'; }))
    return problem(400, "The request cannot be answered", "X-Query-Id: at most 100 letters, digits and signs");
  auto ticket = queries_under_way_.enter(std::move(id), request.visitor, request.peer,
                                         fmt::format("{} {}", request.method, request.path), request.stop, now());
  if (!ticket) return problem(ticket.error());
  if (!*ticket) return problem({Error::Kind::gate, "too many requests are being answered; try again in a moment"});
  call.ticket = &**ticket;
  auto response = (this->*call.endpoint.answer)(call);
  response.headers.emplace_back("X-Query-Id", call.ticket->id());
  return response;
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

Response Api::kept(const Request& request, const std::string& key, const std::function<Result<std::string>()>& compute,
                   std::optional<std::int64_t> seconds) {
  const auto whole = fmt::format("{}.{}\n{}\n{}\n{}", data_version_.load(), forgotten_.load(),
                                 request.is_masked ? "masked" : "plain", request.snapshot, key);
  const auto tag = fmt::format("\"{:016x}\"", std::hash<std::string>{}(whole));
  auto answer = cache_.get(whole, now(), compute, seconds);
  if (!answer) return problem(answer.error());
  Response response{.body = std::move(answer->text),
                    .headers = {{"ETag", tag},
                                {"Cache-Control", cache_control(seconds, answer->age_seconds)},
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
  // First, so that what is kept under the new version was read of it.
  if (data_version_ != version || database_.is_lake()) readers_.look_again();
  const bool is_new = data_version_.exchange(version) != version;
  if (is_new && version > 0) {
    as_of_us_ = state.integer(0, 1);
    cache_.clear();
  }
  if (tells && told_version_.exchange(version) != version && version > 0)
    live_.publish("data",
                  fmt::format(R"({{"data_version":{},"as_of":"{}"}})", version, to_string(Timestamp{as_of_us_})));
  return {};
}

void Api::look_again() {
  if (database_.is_lake()) readers_.look_again();  // of a file each statement sees what is there
}

void Api::forget_answers() {
  look_again();
  ++forgotten_;
  cache_.clear();
}

Response Api::live_windows(const Call&) {
  if (!numbers_.json)
    return problem(404, "There are no numbers of now", "this server reads no stream: [stream] of deskhouse.toml");
  return {.body = numbers_.json(), .headers = {{"Cache-Control", "no-store"}}};
}

Response Api::live(const Call&) {
  return {.type = "text/event-stream", .body = {}, .live = &live_};
}

Response Api::me(const Call& call) {
  const auto& request = call.request;
  const bool asks = login_.gate != nullptr;
  return {.body = fmt::format(R"({{"name":{},"has_login":{},"sees_personal_data":{}}})",
                              request.visitor.empty() ? "null" : json_text(request.visitor), asks, !request.is_masked),
          .headers = {{"Cache-Control", "no-store"}}};
}

Response Api::healthz(const Call&) {
  return {.type = "text/plain; charset=utf-8", .body = "ok\n"};
}

// Ready: the warehouse answers, and there are numbers of a run that was published. A later run that failed changes
// nothing of them, so it alerts and does not take the server out of service (docs/monitoring.md).
Response Api::readyz(const Call&) {
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

// Of all metrics.
std::vector<std::string> Api::dimensions() const {
  std::vector<std::string> names;
  for (const auto& metric : settings()->metrics)
    for (const auto& dimension : metric.dimensions)
      if (std::ranges::find(names, dimension) == names.end()) names.push_back(dimension);
  return names;
}

Response Api::own_metrics(const Call&) {
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
  add("deskhouse_queries_running", Type::gauge, "Requests to the warehouse under way.",
      queries_under_way_.list().size());
  add("deskhouse_queries_cancelled_total", Type::counter, "Requests that were cancelled, or whose client hung up.",
      queries_under_way_.cancelled());
  add("deskhouse_queries_turned_away_total", Type::counter, "Requests that found no place.",
      queries_under_way_.turned_away());
  add("deskhouse_cache_hits_total", Type::counter, "Answers that were kept from before.", counts.hits);
  add("deskhouse_cache_misses_total", Type::counter, "Answers that had to be computed.", counts.misses);
  add("deskhouse_cache_evictions_total", Type::counter, "Answers that made room for others.", counts.evictions);
  add("deskhouse_cache_size_bytes", Type::gauge, "Bytes of the answers that are kept.", counts.bytes);
  add("deskhouse_cache_entries", Type::gauge, "Answers that are kept.", counts.entries);
  if (numbers_.expose) numbers_.expose(out);
  expose_process(out);
  return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = out.text()};
}

}  // namespace deskhouse::server
