// The stream of a process that does other things too: `deskhouse serve` where stream.brokers is set. Reads on a thread
// of its own, writes over the connection that runs use, and begins again after an error, later each time.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "app/command.h"
#include "app/live_json.h"
#include "app/stream_lag.h"
#include "base/fair_lock.h"
#include "server/live_numbers.h"
#include "stream/engine.h"

namespace deskhouse::app {

class StreamService {
 public:
  // Both are called by threads of the service, with no lock held.
  struct Hooks {
    std::function<void()> committed;                    // a micro-batch was published
    std::function<void(const std::string& live)> tell;  // the numbers of now have changed; at most four times a second
    std::function<void()> tell_data;                    // the data has changed; at most each two seconds
  };
  // `project` and `writer` outlive it. `writer` is held by whoever uses the project's connection or changes its config.
  StreamService(const Globals& globals, Project& project, FairLock& writer);
  ~StreamService();  // stops
  StreamService(const StreamService&) = delete;

  void start(Hooks hooks);
  void stop();  // after the micro-batch that is under way; the hooks are not called any more
  // A run was published; deskhouse.toml was read, into the project's config. REQUIRE that the caller holds `writer`.
  void run_was_published();
  void config_was_read();
  server::LiveNumbers numbers();
  StreamLag& lag() { return lag_; }

 private:
  void read();
  Status read_once(const config::Config& config);
  void failed(const Error& error, int failures);
  void leave_trace(const std::string& message);
  void tell();
  void changed();
  bool is_stopping();
  std::string text_of_config() const;

  const Globals& globals_;
  Project& project_;
  FairLock& writer_;
  Hooks hooks_;
  stream::LiveMetrics live_;
  StreamLag lag_;
  std::string config_text_;  // that the stream was begun with; guarded by writer_
  std::mutex mutex_;         // of what follows
  std::condition_variable woken_;
  StreamState state_;
  bool stopping_ = false, must_reopen_ = false, has_news_ = false, has_opened_ = false;
  std::thread reading_, telling_;
};

}  // namespace deskhouse::app
