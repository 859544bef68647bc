// What the server answers: the API, the dashboard's files, health and metrics of the server itself. docs/api.md is the
// reference; the OpenAPI document is made from the same list of endpoints.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "access/accounts.h"
#include "config/config.h"
#include "models/metrics.h"
#include "server/answer_cache.h"
#include "server/audit_log.h"
#include "server/gate.h"
#include "server/http.h"
#include "server/live_hub.h"
#include "server/live_numbers.h"
#include "server/masking.h"
#include "warehouse/database.h"
#include "warehouse/sql_guard.h"

namespace deskhouse::server {

class Api;

// One thing that can be asked for.
struct Endpoint {
  std::string_view method, path;  // a part of the path in braces stands for any text
  std::string_view summary;
  std::vector<std::string_view> parameters;  // of the query: "name: what it means"
  Response (Api::*answer)(const Request&, const std::vector<std::string>& path_values);
  access::Role least = access::Role::viewer;  // who may ask, where there is a login
};

// What a login needs; they outlive the Api.
struct Login {
  Gate* gate = nullptr;       // none: everybody who reaches the server may ask for everything
  AuditLog* audit = nullptr;  // none: nothing is written down
};

// Thread-safe. Reads over connections of its own, in transactions that can only read, so that it sees whole runs.
class Api {
 public:
  // `database` outlives it. `data_version`: that of meta.state.
  Api(warehouse::Database& database, config::Config config, std::vector<models::Metric> metrics, LiveHub& live,
      Login login = {});

  Response answer(const Request& request);
  // deskhouse.toml was read again.
  void use(config::Config config, std::vector<models::Metric> metrics);
  // A run was published, or there was none yet: reads what is new from meta, tells it to those who watch. `tells`: else
  // they are told by the next call, of several versions the last.
  Status refresh(bool tells = true);
  // There is a stream. Before the first answer.
  void show(LiveNumbers numbers) { numbers_ = std::move(numbers); }
  static std::span<const Endpoint> endpoints();

 private:
  struct Settings {
    config::Config config;
    std::vector<models::Metric> metrics;
  };
  class Lease;

  std::string why_not_ready();  // empty: it is
  Response admit(Request& request);
  Response route(const Request& request, access::Role role);
  Response file(const Request& request) const;
  Response kept(const Request& request, const std::string& key, const std::function<Result<std::string>()>& compute);
  std::shared_ptr<const Settings> settings() const;

  Response list_metrics(const Request& request, const std::vector<std::string>& values);
  Response one_metric(const Request& request, const std::vector<std::string>& values);
  Response query(const Request& request, const std::vector<std::string>& values);
  Response sla(const Request& request, const std::vector<std::string>& values);
  Response records(const Request& request, const std::vector<std::string>& values);
  Response tables(const Request& request, const std::vector<std::string>& values);
  Response meta(const Request& request, const std::vector<std::string>& values);
  Response live(const Request& request, const std::vector<std::string>& values);
  Response live_windows(const Request& request, const std::vector<std::string>& values);
  Response openapi(const Request& request, const std::vector<std::string>& values);
  Response me(const Request& request, const std::vector<std::string>& values);
  Response healthz(const Request& request, const std::vector<std::string>& values);
  Response readyz(const Request& request, const std::vector<std::string>& values);
  Response own_metrics(const Request& request, const std::vector<std::string>& values);

  warehouse::Database& database_;
  LiveHub& live_;
  const Login login_;
  LiveNumbers numbers_;
  Masking masking_;
  std::map<std::string_view, std::string> files_;  // of the dashboard, compressed
  warehouse::SqlGuard guard_;
  AnswerCache cache_;
  std::atomic<std::int64_t> data_version_{0}, told_version_{0}, as_of_us_{0};
  mutable std::mutex mutex_;  // of what follows
  std::shared_ptr<const Settings> settings_;
  std::vector<std::unique_ptr<warehouse::Connection>> idle_, idle_masked_;
  std::atomic<std::int64_t> requests_{0}, failures_{0}, refusals_{0}, queries_{0};
};

}  // namespace deskhouse::server
