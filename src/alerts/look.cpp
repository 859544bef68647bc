#include "alerts/look.h"

#include <algorithm>

#include "alerts/measures.h"

namespace deskhouse::alerts {

namespace {

constexpr std::string_view kBrokenRule = "rule_errors";

// A channel that fails is not told of it: the others are.
std::vector<std::string> channels_for(const Event& event, std::vector<std::string> channels) {
  if (event.alert.rule != "failing_channel") return channels;
  for (const auto& [name, value] : event.alert.labels) std::erase(channels, value);
  return channels;
}

class Look {
 public:
  Look(warehouse::Connection& connection, const config::Config& config, Timestamp now)
      : connection_(connection), config_(config), now_(now) {}

  Result<Looked> run() {
    DH_ASSIGN(auto before, read_alerts(connection_));
    const config::AlertRule* last = nullptr;  // what it looks at is how the others went
    for (const auto& rule : config_.alerts.rules) {
      if (rule.metric == kBrokenRule) {
        last = &rule;
        continue;
      }
      const auto samples = measure({connection_, config_, now_}, rule);
      if (samples) {
        take(evaluate(rule, before[rule.name], *samples, now_), &rule);
      } else {
        out_.broken[rule.name] = samples.error().message;
        keep(before[rule.name]);
      }
      known_.push_back(rule.name);
    }
    if (last != nullptr) {
      take(evaluate(*last, before[last->name], broken_samples(), now_), last);
      known_.push_back(last->name);
    }
    std::vector<Alert> old;
    for (const auto& [name, alerts] : before) {
      old.insert(old.end(), alerts.begin(), alerts.end());
      if (std::ranges::find(known_, name) == known_.end()) take(withdraw(alerts, now_), nullptr);
    }
    if (!out_.events.empty() || !same(old)) DH_TRY(write_alerts(connection_, alerts_, out_.events, messages_, now_));
    for (const auto& alert : alerts_) ++(alert.state == State::firing ? out_.firing : out_.pending);
    return std::move(out_);
  }

 private:
  std::vector<Sample> broken_samples() const {
    std::vector<Sample> samples;
    for (const auto& [name, error] : out_.broken)
      samples.push_back({.labels = {{"rule", name}}, .value = 1, .detail = error, .threshold = {}});
    return samples;
  }

  void keep(const std::vector<Alert>& alerts) { alerts_.insert(alerts_.end(), alerts.begin(), alerts.end()); }

  // `rule`: none if it is no more.
  void take(Evaluation evaluation, const config::AlertRule* rule) {
    for (auto& event : evaluation.events) {
      // Whoever was told that it fires is told that it does not any more.
      auto channels = event.alert.channels;
      if (event.news == News::fired || event.news == News::repeated)
        for (const auto& name : channels_for(event, channels_of(*rule, config_.alerts)))
          if (std::ranges::find(channels, name) == channels.end()) channels.push_back(name);
      event.alert.channels = channels;
      for (auto& alert : evaluation.alerts)
        if (alert.labels == event.alert.labels) alert.channels = channels;
      for (auto& message : messages_of(event, channels, now_, config_.name)) messages_.push_back(std::move(message));
      out_.events.push_back(std::move(event));
    }
    keep(evaluation.alerts);
  }

  bool same(const std::vector<Alert>& old) const {
    return old.size() == alerts_.size() && std::ranges::all_of(old, [&](const Alert& alert) {
             return std::ranges::find(alerts_, alert) != alerts_.end();
           });
  }

  warehouse::Connection& connection_;
  const config::Config& config_;
  const Timestamp now_;
  std::vector<std::string> known_;
  std::vector<Alert> alerts_;
  std::vector<Message> messages_;
  Looked out_;
};

}  // namespace

Result<Looked> look(warehouse::Connection& connection, const config::Config& config, Timestamp now) {
  return Look(connection, config, now).run();
}

}  // namespace deskhouse::alerts
