// What the server answers: the API, the dashboard's files, health and metrics of the server itself. docs/api.md is the
// reference; the OpenAPI document is made from the same list of endpoints.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "access/accounts.h"
#include "config/config.h"
#include "models/metrics.h"
#include "server/answer_cache.h"
#include "server/audit_log.h"
#include "server/endpoint.h"
#include "server/gate.h"
#include "server/http.h"
#include "server/known_statements.h"
#include "server/live_hub.h"
#include "server/live_numbers.h"
#include "server/masking.h"
#include "server/readers.h"
#include "warehouse/database.h"
#include "warehouse/sql_guard.h"

namespace deskhouse::server {

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
  // Something of meta was written that is no new version of the data, such as a run that failed: answers are not kept.
  void forget_answers();
  // The same of what answers are not kept of, such as alerts.
  void look_again();
  // There is a stream. Before the first answer.
  void show(LiveNumbers numbers) { numbers_ = std::move(numbers); }
  static const std::vector<Endpoint>& endpoints() { return kEndpoints; }

 private:
  struct Settings {
    config::Config config;
    std::vector<models::Metric> metrics;
  };

  std::string why_not_ready();  // empty: it is
  Response admit(Request& request);
  Response route(const Request& request, access::Role role);
  Response file(const Request& request) const;
  Response kept(const Request& request, const std::string& key, const std::function<Result<std::string>()>& compute,
                std::optional<std::int64_t> seconds = std::nullopt);
  std::shared_ptr<const Settings> settings() const;

  Response list(const Call& call);
  // One thing as JSON; "" from `describe` is 404. `is_of_version`: it changes with the published data only, and is
  // kept.
  using Describe = std::function<Result<std::string>(warehouse::Connection&)>;
  Response one(const Call& call, bool is_of_version, const Describe& describe);
  Response detail(const Call& call);
  Response list_metrics(const Call& call);
  Response one_metric(const Call& call);
  Response query(const Call& call);
  Response list_queries(const Call& call);
  Response cancel_query(const Call& call);
  Response sla(const Call& call);
  Response records(const Call& call);
  Response tables(const Call& call);
  Response meta(const Call& call);
  Response live(const Call& call);
  Response live_windows(const Call& call);
  using Quality = std::map<std::string, std::string>;
  Result<std::string> quality_of(const Request& request, warehouse::Connection& connection, const std::string& metric);
  Response openapi(const Call& call);
  Response me(const Call& call);
  Response healthz(const Call& call);
  Response readyz(const Call& call);
  Response own_metrics(const Call& call);

  std::vector<std::string> dimensions() const;
  // A connection, and a place among those who compute.
  struct Reading {
    Queries::Turn turn;
    Readers::Lease lease;
  };
  Result<Reading> read(const Call& call);
  // An error says why the statement is not allowed.
  Result<KnownStatements::Known> look_at(const Request& request, const std::string& sql);
  Result<Readers::Lease> lend(const Request& request);  // for what is quick
  Response ask(Call&& call);
  Status travel(Request& request, const std::string& as_of);

  static const std::vector<Endpoint> kEndpoints;

  warehouse::Database& database_;
  LiveHub& live_;
  const Login login_;
  LiveNumbers numbers_;
  Masking masking_;
  std::map<std::string_view, std::string> files_;  // of the dashboard, compressed
  warehouse::SqlGuard guard_;
  KnownStatements known_statements_;
  AnswerCache cache_;
  Readers readers_;
  Queries queries_under_way_{QueryLimits{}};
  std::atomic<std::int64_t> forgotten_{0};  // how often answers were forgotten
  std::atomic<std::int64_t> data_version_{0}, told_version_{0}, as_of_us_{0};
  mutable std::mutex mutex_;  // of what follows
  std::shared_ptr<const Settings> settings_;
  Quality quality_;              // of all metrics, as JSON
  std::string quality_version_;  // of the data that it is of
  std::atomic<std::int64_t> requests_{0}, failures_{0}, refusals_{0}, queries_{0};
};

}  // namespace deskhouse::server
