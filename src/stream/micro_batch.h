// A micro-batch as the records of a run (pipeline/feed.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/feed.h"
#include "stream/dead_letters.h"
#include "stream/entity_state.h"

namespace deskhouse::stream {

// More whole documents of the entity, while a micro-batch is read: what was behind it in the log. Ends with none.
struct More {
  std::vector<sources::RawBatch> batches;
  std::vector<Position> read;
};
using Continue = std::function<More()>;

class MicroBatch : public pipeline::Feed {
 public:
  // `states`, `dead_letters` (may be null) outlive it. Only states that have events are part of it.
  // `name`, of `tasks`: what a cluster prepared; empty: nothing.
  struct Origin {
    std::string cluster_id, name = {};
    std::int64_t tasks = 0;
  };
  MicroBatch(const std::vector<std::unique_ptr<EntityState>>& states, Origin origin, std::vector<Position> read,
             DeadLetters* dead_letters);
  // Goes on with what `more` gives, on the thread that reads the run's records. REQUIRES one state with events, which
  // stands alone. What went on is read once: a run that would read it again fails, and was_lost says so.
  void go_on_with(Continue more) { more_ = std::move(more); }
  bool was_lost() const { return was_lost_; }
  const std::vector<Position>& read() const { return read_; }
  ~MicroBatch() override;

  std::vector<Part> parts() const override;
  sources::Source& source() override;
  Result<std::unique_ptr<staging::Stager>> make_stager(const config::EntityMapping& mapping) override;
  std::optional<staging::PreparedFiles> prepared(const config::EntityMapping& mapping) override;
  Result<bool> observe(warehouse::Connection& connection, std::int64_t run_id, Timestamp at) override;
  Status record(warehouse::Connection& connection, std::int64_t run_id) override;
  void correct(const config::EntityMapping& mapping, pipeline::Balance& balance) const override;

 private:
  class Records;
  EntityState& state_of(const config::EntityMapping& mapping) const;
  More go_on();
  Status record_name(warehouse::Connection& connection, std::int64_t run_id) const;
  Status send_dead_letters(warehouse::Connection& connection, std::int64_t run_id) const;

  std::vector<EntityState*> states_;
  Origin origin_;
  std::vector<Position> read_;
  DeadLetters* dead_letters_;
  Continue more_;
  bool went_on_ = false, was_lost_ = false;
  std::set<const EntityState*> given_;  // whose prepared files the run has
  std::unique_ptr<Records> records_;
};

}  // namespace deskhouse::stream
