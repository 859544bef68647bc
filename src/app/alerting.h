// Alerts as the commands use them: one look after a run, or a thread that looks again and again.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "alerts/channel.h"
#include "alerts/look.h"
#include "app/command.h"

namespace deskhouse::app {

// Looks at the rules as of `now` and sends what is due; what does not get through waits in the outbox. Never fails a
// command; the error is for those who have no better one to show. Nothing where [alerting] is off.
// `run_failed`: the command says so itself, and the log need not say it again.
Status look_and_send(const config::Config& config, warehouse::Connection& connection, Timestamp now,
                     bool run_failed = false);

// Looks each `alerting.every`, and when it is poked; sends what is due when it is due. Has a thread of its own, which
// its destructor ends after the message that is under way.
class AlertWatch {
 public:
  using Use = std::function<Status(warehouse::Connection&)>;
  // Gives `use` a connection for writing, in no transaction, or an error: not now. Called by its thread.
  using Access = std::function<Status(const config::Config&, const Use& use)>;
  AlertWatch(const Globals& globals, Access access);
  AlertWatch(const AlertWatch&) = delete;
  ~AlertWatch();
  void poke();  // a run has ended

 private:
  void loop();
  // Returns when to go on at the latest.
  Timestamp pass(Timestamp now);
  void tell_once(const std::string& what);

  const Globals& globals_;
  const Access access_;
  std::optional<config::Config> config_;      // the last one that could be read
  std::vector<alerts::Delivery> unrecorded_;  // what was sent while nobody gave us the warehouse
  Timestamp next_look_{};
  std::optional<Timestamp> next_due_;  // of the outbox
  std::string told_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false, poked_ = false;
  std::thread thread_;
};

}  // namespace deskhouse::app
