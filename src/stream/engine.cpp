#include "stream/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "base/bounded_queue.h"
#include "base/fault.h"
#include "pipeline/records.h"
#include "pipeline/unsettled.h"
#include "stream/micro_batch.h"

namespace deskhouse::stream {

namespace {

// While the stream is behind, what is read at once is a part of a micro-batch: small ones keep memory flat.
constexpr std::int64_t kRowsOfAPart = 4'096;
// A micro-batch that goes on does not wait longer than that for what should be there.
constexpr auto kPatience = std::chrono::milliseconds(1'500);

// Without events for so long, what was left for later is done.
constexpr auto kIdle = std::chrono::milliseconds(1'000);

using Clock = std::chrono::steady_clock;

// What was read at once, on its way to be published.
struct Work {
  std::vector<Decoded> decoded;                                 // parallel to the states
  std::vector<std::optional<staging::PreparedFiles>> prepared;  // likewise: by a cluster, instead
  std::string name;                                             // of what that prepared
  std::int64_t tasks = 0;
  std::vector<Position> read;
  std::int64_t events = 0;
  std::optional<std::int64_t> lag;
  std::optional<std::int64_t> rest;  // events that are still to be of the same micro-batch; none: as many as wait
  bool at_end = false;
};

class Engine {
 public:
  Engine(const config::Config& config, pipeline::Warehouse& warehouse, Log& log, const EngineParts& parts,
         const EngineOptions& options, const EngineHooks& hooks)
      : config_(config), warehouse_(warehouse), log_(log), parts_(parts), options_(options), hooks_(hooks) {}

  Result<EngineProgress> run() {
    Status status;
    do {
      must_reread_ = false;
      status = run_once();
    } while (must_reread_ && !(hooks_.stop && hooks_.stop()));
    DH_TRY(status);
    if (read_error_) return std::unexpected(*read_error_);
    return progress_;
  }

 private:
  // From what is stored until the end, an error, or until something must be read again.
  Status run_once() {
    DH_TRY(open_all());
    work_.emplace(1);
    ahead_.reset();
    stopping_ = false;
    std::thread reading([this] { read(); });
    const auto status = publish_all();
    stopping_ = true;
    work_->close();
    reading.join();
    return must_reread_ ? Status{} : status;
  }

  Status open_all() {
    DH_ASSIGN(const auto stored, read_what_is_stored());
    DH_TRY(log_.open(stored));
    if (hooks_.opened) hooks_.opened();
    return {};
  }

  std::unique_lock<FairLock> alone() const {
    return parts_.writer != nullptr ? std::unique_lock(*parts_.writer) : std::unique_lock<FairLock>();
  }

  Result<std::vector<Position>> read_what_is_stored() {
    const auto lock = alone();
    DH_TRY(open_states());
    DH_TRY(notice_other_runs());
    return positions();
  }

  // Runs of others may have changed what is remembered of records.
  Status notice_other_runs() {
    DH_ASSIGN(const auto stored,
              warehouse_.connection.query("select (select coalesce(max(run_id), 0) from meta.runs where status <> "
                                          "'running'), unsettled_since is not null from meta.state"));
    const auto last = stored.integer(0, 0);
    if (parts_.live != nullptr) DH_TRY(parts_.live->catch_up(warehouse_.connection, last));
    if (last == last_run_) return {};
    last_run_ = last;
    unsettled_.reset();
    if (stored.integer(0, 1) != 0) unsettled_ = Clock::now();
    for (const auto& state : states_) DH_TRY(state->refresh());
    return {};
  }

  std::vector<std::unique_ptr<EntityState>>::iterator find_state(const std::string& source, const std::string& entity) {
    return std::ranges::find_if(states_, [&](const auto& state) { return state->is_of(source, entity); });
  }

  // One state for each entity of a source, one decoder for each topic.
  Status open_states() {
    for (const auto& topic : config_.stream.topics) {
      const auto mapping = mapping_of(config_, topic);
      auto at = find_state(mapping.source, mapping.entity);
      if (at == states_.end()) {
        DH_ASSIGN(auto state, EntityState::open(*warehouse_.database, warehouse_.connection, mapping));
        states_.push_back(std::move(state));
        at = std::prev(states_.end());
        DH_ASSIGN(auto decoder, Decoder::make(mapping));
        decoders_.push_back(std::move(decoder));
      }
      state_of_topic_[topic.name] = static_cast<std::size_t>(at - states_.begin());
    }
    return {};
  }

  Result<std::vector<Position>> positions() {
    DH_ASSIGN(auto stored, read_offsets(warehouse_.connection));
    if (!stored.cluster_id.empty() && stored.cluster_id != log_.id()) {
      if (!options_.accept_loss)
        return fail(Error::Kind::source,
                    fmt::format("The warehouse was fed by the cluster {}, and {} is another one, {}. Nothing was read. "
                                "Mend stream.brokers, or read all of this one: deskhouse stream --accept-loss",
                                stored.cluster_id, config_.stream.brokers, log_.id()));
      DH_TRY(forget_offsets(warehouse_.connection));
      stored.positions.clear();
    }
    return stored.positions;
  }

  bool is_stopping() const { return stopping_ || (hooks_.stop && hooks_.stop()); }

  // On its own thread: the next micro-batch is read and decoded while the one before is published.
  void read() {
    BatchLimits limits{
        .rows = 0, .bytes = static_cast<std::size_t>(config_.stream.max_bytes), .wait_ms = config_.stream.max_wait_ms};
    // Known before anything is read: what a long micro-batch begins with is held until its end, and a part is enough.
    auto lag = log_.lag();
    while (!is_stopping()) {
      limits.rows = static_cast<std::size_t>(is_behind(lag) ? std::min(config_.stream.max_rows, kRowsOfAPart)
                                                            : config_.stream.max_rows);
      // What comes while a micro-batch is published is the next one, all of it.
      if (config_.stream.latency == config::Latency::low) work_->wait_for_taker();
      auto batch = log_.poll(limits);
      if (!batch) {
        read_error_ = batch.error();
        break;
      }
      Work work;
      work.at_end = options_.until_end && log_.at_end() && batch->is_empty();
      if (batch->is_empty() && !work.at_end) continue;
      work.lag = lag = log_.lag();
      decode(*batch, work);
      const bool is_last = work.at_end;
      if (!work_->push(std::move(work)) || is_last) break;
    }
    work_->close();
  }

  void decode(MessageBatch& batch, Work& work) {
    work.events = static_cast<std::int64_t>(batch.messages.size()) + batch.events;
    work.read = std::move(batch.read);
    work.name = std::move(batch.name);
    work.tasks = batch.tasks;
    work.decoded.resize(states_.size());
    work.prepared.resize(states_.size());
    for (auto& prepared : batch.prepared) {
      const auto at = find_state(prepared.source, prepared.entity);
      DH_ASSERT(at != states_.end(), "a cluster prepares events of the topics");
      work.prepared[static_cast<std::size_t>(at - states_.begin())] = std::move(prepared.files);
    }
    std::vector<std::vector<const Message*>> by_place(batch.places.size());
    for (const auto& message : batch.messages) by_place[static_cast<std::size_t>(message.place)].push_back(&message);
    for (std::size_t place = 0; place < by_place.size(); ++place) {
      if (by_place[place].empty()) continue;
      const auto state = state_of_topic_.at(batch.places[place].topic);
      decoders_[state]->decode(by_place[place], batch, work.decoded[state]);
    }
  }

  Status publish_all() {
    while (ahead_ || !work_->is_done()) {
      auto work = take();
      if (work && work->events > 0) DH_TRY(publish(*work));
      if (work && work->at_end) break;
      if (unsettled_ && (!work || is_due())) DH_TRY(settle());
    }
    return unsettled_ ? settle() : Status{};
  }

  bool is_due() const { return Clock::now() - *unsettled_ >= std::chrono::seconds(config_.stream.settle_seconds); }

  // None: nothing is left, or nothing came while something waits to be settled.
  std::optional<Work> take() {
    if (!ahead_) return unsettled_ ? work_->pop_within(kIdle) : work_->pop();
    auto work = std::move(ahead_);
    ahead_.reset();
    return work;
  }

  // There is more than another micro-batch of the usual size.
  bool is_behind(std::optional<std::int64_t> lag) const {
    return may_go_on_ && config_.stream.catch_up_rows > config_.stream.max_rows && lag &&
           *lag > config_.stream.max_rows;
  }

  // What follows `work` in the log, if it may be of the same micro-batch: whole documents of the same entity. On the
  // thread that reads the records of the run.
  More go_on(Work& work, EntityState& state, std::size_t index) {
    if (work.events >= config_.stream.catch_up_rows || is_stopping()) return {};
    // A rest of less than a micro-batch is read with it, since one of its own would cost nearly as much again; but not
    // what comes after, so that fresh events do not wait for a rest that never ends.
    if (!work.rest && !is_behind(work.lag)) work.rest = work.lag.value_or(0);
    if (work.rest && *work.rest <= 0) return {};
    auto next = work_->pop_within(kPatience);
    if (!next) return {};
    bool fits = next->events > 0 && state.stands_alone(next->decoded[index]);
    for (std::size_t i = 0; i < next->decoded.size(); ++i) {
      const auto& decoded = next->decoded[i];
      fits = fits && (i == index || (decoded.whole.empty() && decoded.partial.empty()));
    }
    if (!fits) {
      ahead_ = std::move(next);
      return {};
    }
    work.events += next->events;
    if (work.rest) *work.rest -= next->events;
    work.lag = next->lag;
    return {std::move(next->decoded[index].whole), std::move(next->read)};
  }

  void let_go_on(MicroBatch& feed, Work& work) {
    std::vector<std::size_t> with_events;
    for (std::size_t i = 0; i < states_.size(); ++i)
      if (!states_[i]->is_empty()) with_events.push_back(i);
    if (!work.name.empty() || !is_behind(work.lag) || with_events.size() != 1 ||
        !states_[with_events[0]]->stands_alone())
      return;
    feed.go_on_with([this, &work, index = with_events[0]] { return go_on(work, *states_[index], index); });
  }

  // A micro-batch of nothing does what the others left. Also when told to stop: it is the last that is done.
  Status settle() {
    const auto lock = alone();
    one_thread_.reset();
    DH_TRY(notice_other_runs());
    if (!unsettled_) return {};
    DH_ASSIGN(const auto report, pipeline::settle(config_, warehouse_, as_of()));
    unsettled_.reset();
    last_run_ = report.run_id;
    if (parts_.live != nullptr) DH_TRY(parts_.live->follow(warehouse_.connection, report.run_id));
    if (hooks_.settled) hooks_.settled(report);
    return {};
  }

  Timestamp as_of() const { return options_.as_of.value_or(pipeline::now()); }

  // Models wait for a later run only if this process has seen that they are all there, and of few rows.
  pipeline::Leave leave(const Work& work) const {
    const bool is_low = config_.stream.latency == config::Latency::low;
    return is_low && has_models_ && !is_behind(work.lag) ? pipeline::Leave::models : pipeline::Leave::checks;
  }

  Status publish(Work& work) {
    auto lock = alone();
    if (is_stopping()) return {};
    DH_TRY(notice_other_runs());
    for (std::size_t i = 0; i < states_.size(); ++i)
      DH_TRY(work.prepared[i] ? states_[i]->prepare(*std::move(work.prepared[i]))
                              : states_[i]->prepare(std::move(work.decoded[i])));
    fault_point("after_fold");
    const auto leaves = leave(work);
    // From one micro-batch of low latency to the next, where nobody else works in between.
    const bool keeps_one_thread = leaves == pipeline::Leave::models && parts_.writer == nullptr;
    if (!keeps_one_thread) one_thread_.reset();
    if (keeps_one_thread && !one_thread_) one_thread_.emplace(warehouse_.connection, true);
    MicroBatch feed(states_, {log_.id(), work.name, work.tasks}, work.read, parts_.dead_letters);
    let_go_on(feed, work);
    const auto ran =
        pipeline::run(config_, warehouse_, {.as_of = as_of(), .kind = "stream", .feed = &feed, .leave = leaves}, {});
    if (!ran) {
      must_reread_ = feed.was_lost();
      may_go_on_ = !must_reread_;
      return std::unexpected(ran.error());
    }
    const auto& report = *ran;
    may_go_on_ = may_go_on_ || !work.lag || *work.lag <= config_.stream.max_rows;
    for (const auto& state : states_) state->committed();
    last_run_ = report.run_id;
    if (!unsettled_) unsettled_ = Clock::now();
    has_models_ = true;
    fault_point("after_micro_batch");
    if (parts_.live != nullptr) DH_TRY(parts_.live->follow(warehouse_.connection, report.run_id));
    if (lock) lock.unlock();
    log_.show(feed.read());
    progress_.events += work.events;
    ++progress_.micro_batches;
    for (const auto& line : report.balances) progress_.quarantined += line.balance.quarantined;
    progress_.seconds = report.seconds;
    progress_.lag = work.lag;
    if (hooks_.published) hooks_.published(progress_, report);
    return {};
  }

  const config::Config& config_;
  pipeline::Warehouse& warehouse_;
  Log& log_;
  const EngineParts& parts_;
  const EngineOptions& options_;
  const EngineHooks& hooks_;
  std::vector<std::unique_ptr<EntityState>> states_;
  std::vector<std::unique_ptr<Decoder>> decoders_;  // parallel to states_; the reading thread's
  std::map<std::string, std::size_t> state_of_topic_;
  std::optional<BoundedQueue<Work>> work_;
  std::optional<Work> ahead_;  // taken, and not of the micro-batch that it was taken for
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> may_go_on_ = true;  // false, until it has caught up: a record was refused
  bool must_reread_ = false, has_models_ = false;
  std::optional<Error> read_error_;
  std::optional<warehouse::OneThread> one_thread_;
  std::int64_t last_run_ = -1;                  // that the states know of
  std::optional<Clock::time_point> unsettled_;  // since when checks wait
  EngineProgress progress_;
};

}  // namespace

Result<EngineProgress> run_stream(const config::Config& config, pipeline::Warehouse& warehouse, Log& log,
                                  const EngineParts& parts, const EngineOptions& options, const EngineHooks& hooks) {
  return Engine(config, warehouse, log, parts, options, hooks).run();
}

}  // namespace deskhouse::stream
