#include "app/stream_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>

#include "app/log.h"
#include "app/output.h"
#include "app/spark_log.h"
#include "pipeline/records.h"

namespace deskhouse::app {

namespace {

using namespace std::chrono_literals;
constexpr std::chrono::milliseconds kBetweenLive = 250ms, kBetweenData = 2s;  // viewers are told no more often
constexpr auto kLongestPause = 60s;
constexpr std::size_t kWindows = 60;

}  // namespace

StreamService::StreamService(const Globals& globals, Project& project, FairLock& writer)
    : globals_(globals), project_(project), writer_(writer), live_(project.config.stream.late_seconds) {}

StreamService::~StreamService() {
  stop();
}

void StreamService::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_all();
  if (reading_.joinable()) reading_.join();
  if (telling_.joinable()) telling_.join();
}

void StreamService::start(Hooks hooks) {
  hooks_ = std::move(hooks);
  reading_ = std::thread([this] { read(); });
  telling_ = std::thread([this] { tell(); });
}

bool StreamService::is_stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_ || must_reopen_;
}

std::string StreamService::text_of_config() const {
  std::ifstream file(globals_.folder() / "deskhouse.toml", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void StreamService::run_was_published() {
  if (auto last = project_.warehouse.connection.scalar("select coalesce(max(run_id), 0) from meta.runs"); last)
    if (const auto counted = live_.catch_up(project_.warehouse.connection, **last); !counted)
      log(Level::warning, "live numbers: " + counted.error().message);
  config_was_read();
  changed();
}

void StreamService::config_was_read() {
  if (text_of_config() == config_text_) return;
  {
    const std::lock_guard lock(mutex_);
    must_reopen_ = true;
  }
  woken_.notify_all();
}

void StreamService::changed() {
  {
    const std::lock_guard lock(mutex_);
    has_news_ = true;
  }
  woken_.notify_all();
}

// Its own thread: reads until it is told to stop.
void StreamService::read() {
  int failures = 0;
  while (true) {
    config::Config config;
    {
      const std::lock_guard writing(writer_);
      config = project_.config;
      config_text_ = text_of_config();
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      must_reopen_ = has_opened_ = false;
    }
    const auto status = read_once(config);
    std::unique_lock lock(mutex_);
    state_.is_reading = false;
    if (stopping_) return;
    if (status) continue;  // to begin again with what deskhouse.toml says now
    failures = has_opened_ ? 1 : failures + 1;
    lock.unlock();
    failed(status.error(), failures);
    lock.lock();
    const auto pause = std::min<std::chrono::seconds>(1s * (1 << std::min(failures - 1, 6)), kLongestPause);
    woken_.wait_for(lock, pause, [&] { return stopping_ || must_reopen_; });
  }
}

Status StreamService::read_once(const config::Config& config) {
  if (config.stream.brokers.empty()) {
    std::unique_lock lock(mutex_);
    woken_.wait(lock, [&] { return stopping_ || must_reopen_; });
    return {};
  }
  DH_ASSIGN(const auto log, make_stream_log(config, {.stop = [this] { return is_stopping(); }}));
  DH_ASSIGN(const auto dead_letters, stream::make_dead_letters(config.stream));
  stream::EngineProgress before;
  const stream::EngineHooks hooks{
      .stop = [this] { return is_stopping(); },
      .opened =
          [this] {
            {
              const std::lock_guard lock(mutex_);
              has_opened_ = state_.is_reading = true;
              state_.error.clear();
            }
            changed();
          },
      .published =
          [this, &before](const stream::EngineProgress& progress, const pipeline::RunReport& report) {
            lag_.saw(progress.lag);
            {
              const std::lock_guard lock(mutex_);
              state_.events += progress.events - before.events;
              state_.quarantined += progress.quarantined - before.quarantined;
              ++state_.micro_batches;
              state_.lag = progress.lag;
              state_.seconds = report.seconds;
            }
            before = progress;
            if (hooks_.committed) hooks_.committed();
            changed();
          },
      .settled =
          [this](const pipeline::RunReport&) {
            if (hooks_.committed) hooks_.committed();
            changed();
          }};
  const auto done =
      stream::run_stream(config, project_.warehouse, *log,
                         {.dead_letters = dead_letters.get(), .live = &live_, .writer = &writer_}, {}, hooks);
  return done ? Status{} : std::unexpected(done.error());
}

void StreamService::failed(const Error& error, int failures) {
  bool is_new = false;
  {
    const std::lock_guard lock(mutex_);
    ++state_.failures;
    is_new = state_.error != error.message;
    state_.error = error.message;
  }
  if (is_new || failures == 1) leave_trace(error.message);
  changed();
  log(is_new ? Level::error : Level::warning,
      fmt::format("stream: {}; failure {} in a row", printable(error.message), failures),
      {{"source", "stream"}, {"failures", std::int64_t{failures}}});
}

// A failed run tells status, alerts and /metrics of it; one that failed while it published has left one already.
void StreamService::leave_trace(const std::string& message) {
  const std::lock_guard writing(writer_);
  auto& connection = project_.warehouse.connection;
  const auto last = connection.scalar_text("select error from meta.runs order by run_id desc limit 1");
  if (last && *last && **last == message) return;
  const auto run = pipeline::begin_run(connection, "stream", pipeline::now());
  if (run) (void)pipeline::end_run(connection, *run, "failed", message);
}

// Its own thread: what has changed is told once for all viewers, not more often than somebody can look.
void StreamService::tell() {
  auto next_data = std::chrono::steady_clock::now();
  bool owes_data = false;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (owes_data)
      woken_.wait_until(lock, next_data, [&] { return stopping_ || has_news_; });
    else
      woken_.wait(lock, [&] { return stopping_ || has_news_; });
    const bool has_news = std::exchange(has_news_, false);
    owes_data = owes_data || has_news;
    lock.unlock();
    if (has_news && hooks_.tell) hooks_.tell(numbers().json());
    if (const auto now = std::chrono::steady_clock::now(); owes_data && now >= next_data) {
      if (hooks_.tell_data) hooks_.tell_data();
      owes_data = false;
      next_data = now + kBetweenData;
    }
    lock.lock();
    woken_.wait_for(lock, kBetweenLive, [&] { return stopping_; });
  }
}

server::LiveNumbers StreamService::numbers() {
  const auto state = [this] {
    const std::lock_guard lock(mutex_);
    return state_;
  };
  return {.json = [this, state] { return live_json(live_.snapshot(kWindows), state()); },
          .state =
              [state] {
                const auto now = state();
                if (!now.error.empty()) return "failing: " + printable(now.error);
                if (!now.is_reading) return std::string("starting");
                return now.lag ? fmt::format("reading, {} messages behind", *now.lag) : std::string("reading");
              },
          .expose = [this, state](server::Exposition& out) { expose_live(live_.snapshot(1), state(), out); }};
}

}  // namespace deskhouse::app
