// [alerting], [alerts], [channels] and [monitoring]: when somebody is told that the numbers cannot be trusted, and how.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace deskhouse::config {

enum class Severity { info, warning, critical };
enum class Comparison { above, at_least, below, at_most, equal, unequal };
std::string_view to_string(Severity severity);      // as in deskhouse.toml
std::string_view to_string(Comparison comparison);  // ">", ">=", ...

// A rule is about one measure, which may have a value for each of several things (a source, a check): each of them is
// an alert of its own.
struct AlertRule {
  std::string name;
  std::string metric;  // of alerts/measures.h; or
  std::string sql;     // a SELECT: the column `value`, and columns that tell its rows apart
  Comparison comparison = Comparison::above;
  double threshold = 0;                       // in the unit of the metric; `value comparison threshold` is the alarm
  std::int64_t for_seconds = 0;               // how long without a break before it fires
  std::int64_t calm_seconds = 0;              // how long it must be well before it is resolved
  std::int64_t cool_down_seconds = 4 * 3600;  // it is said again after so long, as long as it goes on
  Severity severity = Severity::warning;
  std::vector<std::string> channels;
  std::vector<std::pair<std::string, std::string>> labels;  // only things whose label matches (* and ?)
  std::string summary;                                      // one sentence for people
  bool built_in = false;
  int line = 0;
};

struct Channel {
  enum class Kind { log, webhook, slack, alertmanager, email };
  std::string name;
  Kind kind = Kind::log;
  Severity least = Severity::info;  // what is less severe is not sent
  // webhook, slack, alertmanager: the address, which may itself be a secret.
  std::string url, url_env, url_file;
  std::string secret_env, secret_file;  // signs what is sent
  std::string token_env, token_file;    // Authorization: Bearer
  // email
  std::string host, tls = "starttls", user, password_env, password_file, from;
  std::int64_t port = 0;
  std::vector<std::string> to;
  // of all that go over the network
  bool allow_private = false;
  std::string sslrootcert;
  std::int64_t timeout_seconds = 10;
  std::filesystem::path project;
  int line = 0;
};
std::string_view to_string(Channel::Kind kind);  // as in deskhouse.toml

// What a stage of a run may take. Zero: no limit.
struct StageLimit {
  std::string stage;  // of meta.stages
  std::int64_t seconds_max = 0;
  double rows_per_second_min = 0;
  std::optional<std::int64_t> errors_max;
};

struct AlertConfig {
  bool enabled = true;
  std::int64_t every_seconds = 30;  // `serve` and `stream` look so often
  std::vector<AlertRule> rules;     // those that are on, by name
  std::vector<Channel> channels;    // by name; `log` is always there
  std::vector<StageLimit> stages;
  const Channel* find(std::string_view channel) const;
};

}  // namespace deskhouse::config
