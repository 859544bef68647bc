#include "stream/kafka_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "stream/events.h"
#include "stream/kafka_client.h"

namespace deskhouse::stream {

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kAnswerMs = 15'000;
constexpr int kGoodbyeMs = 1'000;
constexpr auto kPauseForLeader = std::chrono::milliseconds(200);
constexpr std::size_t kMessagesAtOnce = 2'000;
constexpr auto kLookForPartitions = std::chrono::seconds(30);

class KafkaLog final : public Log {
 public:
  KafkaLog(config::StreamConfig stream, const KafkaOptions& options) : stream_(std::move(stream)), options_(options) {}
  ~KafkaLog() override {
    if (!client_) return;
    const bool was_shown = show_last();
    queue_.reset();
    // There is no membership to give up. Brokers that are away are not waited for, but the library does so, for a
    // minute.
    const auto destroy = [client = client_.release()] {
      rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    };
    if (was_shown)
      destroy();
    else
      std::thread(destroy).detach();
  }

  const std::string& id() const override { return id_; }

  Status connect() {
    // It fetches ahead of us up to the queue's bound and then waits: that is the backpressure. Its fetching thread then
    // sleeps for up to a second, whatever is taken meanwhile (librdkafka before 2.2). Half of this bound costs a
    // seventh of the speed of a stream that is behind, twice as much gains nothing.
    DH_ASSIGN(auto conf, kafka_conf(stream_, {{"group.id", stream_.group},
                                              {"enable.auto.commit", "false"},
                                              {"enable.auto.offset.store", "false"},
                                              {"isolation.level", "read_committed"},
                                              {"auto.offset.reset", "error"},
                                              {"enable.partition.eof", "true"},
                                              {"check.crcs", "true"},
                                              {"queued.min.messages", "100000"},
                                              {"queued.max.messages.kbytes", "20480"},
                                              {"fetch.wait.max.ms", "50"}}));
    DH_ASSIGN(client_, kafka_client(RD_KAFKA_CONSUMER, std::move(conf)));
    DH_ASSIGN(id_, cluster_id(stream_, client_.get()));
    rd_kafka_poll_set_consumer(client_.get());
    queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
    return {};
  }

  Status open(const std::vector<Position>& read) override {
    if (!places_.empty()) DH_TRY(let_go());
    for (const auto& position : read) remembered_[position.place] = position;
    for (const auto& topic : stream_.topics) DH_TRY(find_partitions(topic.name));
    for (const auto& [place, position] : remembered_) {
      const bool is_read = std::ranges::any_of(stream_.topics, [&](const auto& t) { return t.name == place.topic; });
      if (is_read && std::ranges::find(places_, place) == places_.end() && !options_.accept_loss)
        return gone(place, "was read before and is not there any more");
    }
    return assign(0);
  }

  Result<MessageBatch> poll(const BatchLimits& limits) override {
    DH_TRY(look_for_partitions());
    MessageBatch batch;
    batch.places = places_;
    Payloads payloads(batch);
    std::vector<rd_kafka_message_t*> got(kMessagesAtOnce);
    auto until = Clock::now() + std::chrono::milliseconds(limits.wait_ms);
    while (batch.messages.size() < limits.rows && batch.bytes < limits.bytes) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
      if (left <= 0 && !(batch.messages.empty() && left == 0)) break;
      const auto wanted = std::min(got.size(), limits.rows - batch.messages.size());
      const bool was_empty = batch.messages.empty();
      // The call waits until all that is wanted has come, so one at a time is wanted until the first is there.
      const auto count = rd_kafka_consume_batch_queue(queue_.get(), static_cast<int>(std::max<std::int64_t>(left, 0)),
                                                      got.data(), was_empty ? 1 : wanted);
      if (count < 0) return kafka_error(stream_, "reading", rd_kafka_last_error());
      Status status;
      for (std::int64_t i = 0; i < count; ++i) {
        if (status) status = take(*got[static_cast<std::size_t>(i)], batch, payloads);
        rd_kafka_message_destroy(got[static_cast<std::size_t>(i)]);
      }
      DH_TRY(status);
      if (was_empty && !batch.messages.empty()) until = Clock::now() + std::chrono::milliseconds(limits.wait_ms);
      if (batch.messages.empty() && at_end_now_) break;
    }
    at_end_now_ = false;
    for (std::size_t i = 0; i < moved_.size(); ++i) {
      if (!moved_[i]) continue;
      batch.read.push_back(positions_[i]);
      moved_[i] = false;
    }
    return batch;
  }

  bool at_end() const override {
    return std::ranges::all_of(ended_, [](bool ended) { return ended; });
  }

  std::optional<std::int64_t> lag() const override {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < positions_.size(); ++i) {
      const auto& [place, next, fingerprint] = positions_[i];
      std::int64_t low = 0, high = 0;  // what came with the last messages; of a partition without any, what it was
      if (rd_kafka_get_watermark_offsets(client_.get(), place.topic.c_str(), place.partition, &low, &high) !=
              RD_KAFKA_RESP_ERR_NO_ERROR ||
          high < 0)
        high = first_high_[i];
      sum += std::max<std::int64_t>(high - next, 0);
    }
    return sum;
  }

  void show(const std::vector<Position>& published) override {
    for (const auto& position : published) shown_[position.place] = position.next_offset;
    rd_kafka_commit(client_.get(), list_of_shown().get(), 1);
  }

 private:
  Owned<rd_kafka_topic_partition_list_t> list_of_shown() const {
    Owned<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(static_cast<int>(shown_.size())));
    for (const auto& [place, offset] : shown_)
      rd_kafka_topic_partition_list_add(list.get(), place.topic.c_str(), place.partition)->offset = offset;
    return list;
  }

  // Waits a little, so that the brokers show where a stream ended that was told to stop; whether they do.
  bool show_last() const {
    if (shown_.empty()) return true;
    const Owned<rd_kafka_queue_t> answer(rd_kafka_queue_new(client_.get()));
    rd_kafka_commit_queue(client_.get(), list_of_shown().get(), answer.get(), nullptr, nullptr);
    auto* event = rd_kafka_queue_poll(answer.get(), kGoodbyeMs);
    if (event != nullptr) rd_kafka_event_destroy(event);
    return event != nullptr;
  }

  std::unexpected<Error> gone(const Place& place, std::string_view what) const {
    return fail(Error::Kind::source,
                fmt::format("Topic {}, partition {} {}. Events may be missing from the warehouse, so nothing was read. "
                            "Bring the topic back, or go on with what is there: deskhouse stream --accept-loss",
                            place.topic, place.partition, what));
  }

  Status find_partitions(const std::string& topic) {
    const rd_kafka_metadata_t* metadata = nullptr;
    auto* handle = rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr);
    const auto code = rd_kafka_metadata(client_.get(), 0, handle, &metadata, kAnswerMs);
    rd_kafka_topic_destroy(handle);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return kafka_error(stream_, fmt::format("asking for the partitions of {}", topic), code);
    const std::unique_ptr<const rd_kafka_metadata_t, void (*)(const rd_kafka_metadata_t*)> owned(
        metadata, rd_kafka_metadata_destroy);
    const auto& found = metadata->topics[0];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(stream_, fmt::format("topic {}", topic), found.err);
    for (int i = 0; i < found.partition_cnt; ++i) {
      const Place place{topic, found.partitions[i].id};
      if (std::ranges::find(places_, place) == places_.end()) places_.push_back(place);
    }
    std::ranges::sort(places_.begin() + static_cast<std::ptrdiff_t>(positions_.size()), places_.end(), {},
                      &Place::partition);
    return {};
  }

  // As if nothing was opened yet. What was fetched is dropped by the library.
  Status let_go() {
    if (const auto code = rd_kafka_assign(client_.get(), nullptr); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return kafka_error(stream_, "ending to read", code);
    remembered_.clear();
    places_.clear();
    positions_.clear();
    first_high_.clear();
    moved_.clear();
    ended_.clear();
    index_.clear();
    at_end_now_ = false;
    return {};
  }

  // Begins to read the places from `first` on.
  Status assign(std::size_t first) {
    Owned<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(static_cast<int>(places_.size())));
    for (auto i = first; i < places_.size(); ++i) {
      DH_ASSIGN(const auto start, start_of(places_[i]));
      index_[places_[i]] = static_cast<std::int32_t>(i);
      rd_kafka_topic_partition_list_add(list.get(), places_[i].topic.c_str(), places_[i].partition)->offset = start;
    }
    moved_.resize(places_.size());
    ended_.resize(places_.size());
    looked_ = Clock::now();
    auto* error = rd_kafka_incremental_assign(client_.get(), list.get());
    if (error == nullptr) return {};
    const auto code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    return kafka_error(stream_, "beginning to read", code);
  }

  // The offset to read from; sets what is known of the place. The message before the one that we want is read again, if
  // it is still there, to see that it is the same.
  Result<std::int64_t> start_of(const Place& place) {
    std::int64_t low = 0, high = 0;
    const auto until = Clock::now() + std::chrono::milliseconds(kAnswerMs);
    const auto ask = [&] {
      return rd_kafka_query_watermark_offsets(client_.get(), place.topic.c_str(), place.partition, &low, &high,
                                              kAnswerMs);
    };
    auto code = ask();
    // A broker that has just started takes a moment to lead its partitions again.
    while ((code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION || code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) &&
           Clock::now() < until) {
      std::this_thread::sleep_for(kPauseForLeader);
      code = ask();
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return kafka_error(stream_, fmt::format("asking how long {}/{} is", place.topic, place.partition), code);
    Position position{place, low, std::nullopt};
    const auto known = remembered_.find(place);
    if (known != remembered_.end()) {
      const auto next = known->second.next_offset;
      if (!options_.accept_loss && next > high)
        return gone(place,
                    fmt::format("ends at offset {}, and it was read up to {}: it was made anew, or cut", high, next));
      if (!options_.accept_loss && next < low)
        return gone(place,
                    fmt::format("begins at offset {}, and it was read up to {}: what was between is gone", low, next));
      if (next >= low && next <= high) position = known->second;
    } else if (low > 0 && !options_.accept_loss) {
      // Never read: the oldest that is there is the beginning.
      position.next_offset = low;
    }
    positions_.push_back(position);
    first_high_.push_back(high);
    const bool can_look = position.fingerprint && position.next_offset - 1 >= low;
    return position.next_offset - (can_look ? 1 : 0);
  }

  Status look_for_partitions() {
    if (Clock::now() - looked_ < kLookForPartitions) return {};
    looked_ = Clock::now();
    const auto before = places_.size();
    for (const auto& topic : stream_.topics)
      if (const auto found = find_partitions(topic.name); !found) return {};  // brokers come back: reading goes on
    return places_.size() > before ? assign(before) : Status{};
  }

  Status take(const rd_kafka_message_t& message, MessageBatch& batch, Payloads& payloads) {
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) return take_error(message);
    const auto at = index_.find({rd_kafka_topic_name(message.rkt), message.partition});
    if (at == index_.end()) return {};
    const auto place = static_cast<std::size_t>(at->second);
    auto& position = positions_[place];
    const std::string_view bytes(message.payload ? static_cast<const char*>(message.payload) : "", message.len);
    if (message.offset < position.next_offset) return look_at_last(message.offset, bytes, position);
    position.next_offset = message.offset + 1;
    position.fingerprint = fingerprint(bytes);
    moved_[place] = true;
    batch.messages.push_back({at->second, message.offset, payloads.keep(bytes)});
    batch.bytes += bytes.size();
    return {};
  }

  // The message before those that we want.
  Status look_at_last(std::int64_t offset, std::string_view bytes, Position& position) {
    if (offset + 1 != position.next_offset || !position.fingerprint || *position.fingerprint == fingerprint(bytes))
      return {};
    if (!options_.accept_loss)
      return gone(position.place,
                  fmt::format("has another message at offset {} than the one that was read: it was made "
                              "anew under its old name",
                              offset));
    // Of another topic nothing was read: from its beginning.
    Owned<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), position.place.topic.c_str(), position.place.partition)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
    auto* error = rd_kafka_seek_partitions(client_.get(), list.get(), kAnswerMs);
    position.next_offset = 0;
    position.fingerprint.reset();
    if (error == nullptr) return {};
    const auto code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    return kafka_error(stream_, "going to the beginning", code);
  }

  Status take_error(const rd_kafka_message_t& message) {
    const auto code = message.err;
    if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      const auto at = index_.find({rd_kafka_topic_name(message.rkt), message.partition});
      if (at == index_.end()) return {};
      ended_[static_cast<std::size_t>(at->second)] = true;
      at_end_now_ = at_end();
      return {};
    }
    if (code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
      const Place place{message.rkt ? rd_kafka_topic_name(message.rkt) : "?", message.partition};
      return gone(place, fmt::format("has not the offset that comes next ({})", rd_kafka_message_errstr(&message)));
    }
    // Brokers that go away come back: the library tries again by itself.
    if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
        code == RD_KAFKA_RESP_ERR__RESOLVE || code == RD_KAFKA_RESP_ERR__TIMED_OUT)
      return {};
    return fail(Error::Kind::source,
                fmt::format("Kafka at {}: reading: {}", stream_.brokers, rd_kafka_message_errstr(&message)));
  }

  const config::StreamConfig stream_;
  const KafkaOptions options_;
  std::string id_;
  Owned<rd_kafka_t> client_;
  Owned<rd_kafka_queue_t> queue_;
  std::map<Place, Position> remembered_;
  std::vector<Place> places_;             // in the order in which they were found
  std::vector<Position> positions_;       // parallel to places_, as the next three
  std::vector<std::int64_t> first_high_;  // where the partition ended when it was found
  std::vector<bool> moved_, ended_;
  std::map<Place, std::int32_t> index_;
  std::map<Place, std::int64_t> shown_;  // to the brokers: offsets to read next
  bool at_end_now_ = false;
  Clock::time_point looked_;
};

}  // namespace

Result<std::unique_ptr<Log>> make_kafka_log(const config::StreamConfig& stream, const KafkaOptions& options) {
  auto log = std::make_unique<KafkaLog>(stream, options);
  DH_TRY(log->connect());
  return log;
}

}  // namespace deskhouse::stream
