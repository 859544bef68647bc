#include "stream/replay.h"

#include <fmt/format.h>

#include "events/kept_messages.h"
#include "stream/engine.h"
#include "stream/micro_batch.h"

namespace deskhouse::stream {

namespace {

// The events of one entity of a source, and what of them is settled in the transaction of their run.
class ReplayedEvents final : public MicroBatch {
 public:
  ReplayedEvents(const std::vector<std::unique_ptr<EntityState>>& states, std::string tried)
      : MicroBatch(states, {}, {}, nullptr), tried_(std::move(tried)) {}

  Status record(warehouse::Connection& connection, std::int64_t run_id) override {
    DH_TRY(MicroBatch::record(connection, run_id));
    // A new reject of the same message takes the place of the old one; without one it came through.
    return connection.execute(fmt::format(
        "create or replace temp table again as select file, line from staging.quarantine where run_id = {0}; delete "
        "from staging.quarantine where {1} and run_id <> {0} and (file, line) in (select (file, line) from again); "
        "update staging.quarantine set status = 'replayed', replayed_run_id = {0} where {1} and run_id <> {0}",
        run_id, tried_));
  }

 private:
  std::string tried_;  // condition over staging.quarantine
};

Status replay_topic(const config::Config& config, pipeline::Warehouse& warehouse, const config::StreamTopic& topic,
                    Timestamp as_of, pipeline::ReplayReport& report) {
  auto& connection = warehouse.connection;
  const auto tried = fmt::format(
      "status = 'quarantined' and source = {} and entity = {} and starts_with(file, {}) and run_id in (select run_id "
      "from meta.runs where kind = 'stream' and status = 'succeeded')",
      warehouse::sql_text(topic.source), warehouse::sql_text(topic.entity), warehouse::sql_text(topic.name + "/"));
  events::KeptMessages messages;
  {
    DH_ASSIGN(const auto rows,
              connection.query(
                  fmt::format("select file, line, raw from staging.quarantine where {} order by file, line", tried)));
    for (std::size_t i = 0; i < rows.row_count(); ++i)
      messages.add(rows.display(i, 0), rows.integer(i, 1), rows.text(i, 2));
  }
  if (messages.empty()) return {};
  const auto mapping = mapping_of(config, topic);
  DH_ASSIGN(const auto decoder, Decoder::make(mapping));
  std::vector<std::unique_ptr<EntityState>> states(1);
  DH_ASSIGN(states.front(), EntityState::open(*warehouse.database, connection, mapping));
  DH_TRY(states.front()->prepare(messages.decode(*decoder)));
  ReplayedEvents feed(states, tried);
  DH_ASSIGN(const auto done,
            pipeline::run(config, warehouse, {.as_of = as_of, .kind = "stream", .feed = &feed}, pipeline::Observer{}));
  report.run_id = done.run_id;
  DH_ASSIGN(const auto still,
            connection.scalar(fmt::format("select count(*) from staging.quarantine where run_id = {}", done.run_id)));
  report.lines.push_back({topic.source, topic.entity, messages.count(), messages.count() - still.value_or(0)});
  return {};
}

}  // namespace

Status replay_events(const config::Config& config, pipeline::Warehouse& warehouse,
                     const pipeline::QuarantineFilter& filter, Timestamp as_of, pipeline::ReplayReport& report) {
  for (const auto& topic : config.stream.topics) {
    if (!filter.entity.empty() && filter.entity != topic.entity) continue;
    if (!filter.source.empty() && filter.source != topic.source) continue;
    DH_TRY(replay_topic(config, warehouse, topic, as_of, report));
  }
  return {};
}

}  // namespace deskhouse::stream
