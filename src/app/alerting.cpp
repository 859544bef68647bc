#include "app/alerting.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/log.h"
#include "base/fault.h"
#include "pipeline/records.h"

namespace deskhouse::app {

namespace {

void log_alert(const alerts::Message& message) {
  log(Level::warning, alerts::line_of(message), {{"alert", message.id}, {"event", message.event}});
}

Status look_at(const config::Config& config, warehouse::Connection& connection, Timestamp now,
               std::vector<alerts::Message>& due) {
  DH_TRY(alerts::look(connection, config, now));
  DH_ASSIGN(due, alerts::due_messages(connection, now));
  return {};
}

void tell_failures(std::span<const alerts::Delivery> deliveries) {
  for (const auto& d : deliveries)
    if (d.outcome != alerts::Delivery::Outcome::sent)
      log(Level::warning,
          fmt::format("the channel '{}' did not take the alert {}: {}", d.message.channel, d.message.id, d.error), {});
}

}  // namespace

Status look_and_send(const config::Config& config, warehouse::Connection& connection, Timestamp now, bool run_failed) {
  if (!config.alerts.enabled) return {};
  std::vector<alerts::Message> due;
  DH_TRY(look_at(config, connection, now, due));
  const auto deliveries = alerts::send_all(due, {config.alerts, [now] { return now; },
                                                 [run_failed](const alerts::Message& message) {
                                                   if (!run_failed || alerts::rule_of(message) != "failed_run")
                                                     log_alert(message);
                                                 }});
  fault_point("after_alerts_sent");
  tell_failures(deliveries);
  return alerts::record_deliveries(connection, deliveries);
}

AlertWatch::AlertWatch(const Globals& globals, Access access)
    : globals_(globals), access_(std::move(access)), thread_([this] { loop(); }) {}

AlertWatch::~AlertWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void AlertWatch::poke() {
  {
    const std::lock_guard lock(mutex_);
    poked_ = true;
  }
  changed_.notify_all();
}

void AlertWatch::tell_once(const std::string& what) {
  if (what != told_ && !what.empty()) log(Level::warning, "alerts: " + what, {});
  told_ = what;
}

void AlertWatch::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (std::exchange(poked_, false)) next_look_ = {};
    lock.unlock();
    const auto until = pass(pipeline::now());
    lock.lock();
    // In pieces: the clock may be set.
    constexpr std::int64_t kLongest = 60 * kMicrosPerSecond;
    const auto left = std::clamp<std::int64_t>(until.us - pipeline::now().us, kMicrosPerSecond / 10, kLongest);
    changed_.wait_for(lock, std::chrono::microseconds(left), [&] { return stopping_ || poked_; });
  }
}

Timestamp AlertWatch::pass(Timestamp now) {
  constexpr std::int64_t kTryAgain = kMicrosPerSecond;
  if (auto config = config::load(globals_.folder())) config_ = *std::move(config);
  if (!config_ || !config_->alerts.enabled) return {now.us + 10 * kTryAgain};
  std::vector<alerts::Message> due;
  auto status = access_(*config_, [&](warehouse::Connection& connection) -> Status {
    DH_TRY(alerts::record_deliveries(connection, unrecorded_));
    unrecorded_.clear();
    if (now < next_look_) {
      DH_ASSIGN(due, alerts::due_messages(connection, now));
      return {};
    }
    next_look_ = {now.us + config_->alerts.every_seconds * kMicrosPerSecond};
    return look_at(*config_, connection, now, due);
  });
  tell_once(status ? "" : status.error().message);
  if (!status) return {now.us + kTryAgain};
  // The warehouse is free while the network is waited for.
  unrecorded_ = alerts::send_all(due, {config_->alerts, pipeline::now, log_alert});
  if (!unrecorded_.empty()) fault_point("after_alerts_sent");
  tell_failures(unrecorded_);
  std::optional<Timestamp> next;
  if (!unrecorded_.empty()) {
    status = access_(*config_, [&](warehouse::Connection& connection) -> Status {
      DH_TRY(alerts::record_deliveries(connection, unrecorded_));
      unrecorded_.clear();
      DH_ASSIGN(next, alerts::next_due(connection));
      return {};
    });
    if (!status) next = Timestamp{pipeline::now().us + kTryAgain};
  }
  next_due_ = next ? next : due.empty() ? next_due_ : std::nullopt;
  return std::min(next_look_, next_due_.value_or(next_look_));
}

}  // namespace deskhouse::app
