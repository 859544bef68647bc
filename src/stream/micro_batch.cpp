#include "stream/micro_batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/fault.h"
#include "pipeline/cluster.h"

namespace deskhouse::stream {

namespace {

// Gives batches that are there already, each as a copy whose views point into the same buffers; then those that `more`
// gives, as they are but for their numbers, which go on.
class HeldReader final : public sources::Reader {
 public:
  HeldReader(std::vector<const sources::RawBatch*> batches, std::vector<std::string> columns, Continue more)
      : batches_(std::move(batches)), columns_(std::move(columns)), more_(std::move(more)) {}
  const std::vector<std::string>& columns() const override { return columns_; }
  std::vector<std::string> unmapped_columns() const override { return {}; }
  Result<bool> next(sources::RawBatch& batch, std::size_t) override {
    batch.clear();
    if (next_ == batches_.size()) return next_of_more(batch);
    const auto& held = *batches_[next_++];
    batch.file = held.file;
    batch.file_index = held.file_index;
    batch.records = held.records;
    batch.fields = held.fields;
    batch.defects = held.defects;
    batch.buffers = held.buffers;
    batch.bytes = held.bytes;
    if (!held.records.empty()) last_[held.file_index] = held.records.back().position;
    return true;
  }
  std::string header(std::int32_t) const override { return {}; }
  sources::Progress progress() const override { return {}; }

 private:
  bool next_of_more(sources::RawBatch& batch) {
    if (next_of_going_ == going_.size()) {
      going_ = more_ ? more_().batches : std::vector<sources::RawBatch>();
      next_of_going_ = 0;
      before_ = last_;
    }
    if (going_.empty()) {
      more_ = {};
      return false;
    }
    batch = std::move(going_[next_of_going_++]);
    for (auto& record : batch.records) record.position += before_[batch.file_index];
    if (!batch.records.empty()) last_[batch.file_index] = batch.records.back().position;
    return true;
  }

  std::vector<const sources::RawBatch*> batches_;
  std::vector<std::string> columns_;
  std::size_t next_ = 0;
  Continue more_;
  std::vector<sources::RawBatch> going_;
  std::size_t next_of_going_ = 0;
  std::map<std::int32_t, std::int64_t> last_, before_;  // numbers of records, by file; before what is going
};

}  // namespace

class MicroBatch::Records final : public sources::Source {
 public:
  explicit Records(MicroBatch& batch) : batch_(batch) {}
  Result<std::unique_ptr<sources::Reader>> open(const config::EntityMapping& entity,
                                                const std::vector<std::string>& columns,
                                                const sources::Since&) override {
    if (batch_.went_on_) {
      batch_.was_lost_ = true;
      return fail(Error::Kind::source, "A record of a long micro-batch was refused: it is read again in short ones");
    }
    auto& state = batch_.state_of(entity);
    if (state.prepared() && batch_.given_.contains(&state)) DH_TRY(state.release_prepared());
    Continue more;
    if (batch_.more_) more = [this] { return batch_.go_on(); };
    return std::make_unique<HeldReader>(state.batches(), columns, std::move(more));
  }

 private:
  MicroBatch& batch_;
};

MicroBatch::MicroBatch(const std::vector<std::unique_ptr<EntityState>>& states, Origin origin,
                       std::vector<Position> read, DeadLetters* dead_letters)
    : origin_(std::move(origin)),
      read_(std::move(read)),
      dead_letters_(dead_letters),
      records_(std::make_unique<Records>(*this)) {
  for (const auto& state : states)
    if (!state->is_empty()) states_.push_back(state.get());
}

MicroBatch::~MicroBatch() = default;

std::vector<pipeline::Feed::Part> MicroBatch::parts() const {
  std::vector<Part> parts;
  for (const auto* state : states_) parts.push_back({&state->source(), &state->mapping()});
  return parts;
}

sources::Source& MicroBatch::source() {
  return *records_;
}

// The run may have made a copy of the mapping.
EntityState& MicroBatch::state_of(const config::EntityMapping& mapping) const {
  const auto found =
      std::ranges::find_if(states_, [&](const auto* state) { return state->is_of(mapping.source, mapping.entity); });
  DH_ASSERT(found != states_.end(), "a run reads the parts of its feed");
  return **found;
}

More MicroBatch::go_on() {
  auto more = more_();
  went_on_ = went_on_ || !more.batches.empty();
  for (auto& position : more.read) {
    const auto known = std::ranges::find(read_, position.place, &Position::place);
    if (known == read_.end())
      read_.push_back(std::move(position));
    else
      *known = std::move(position);
  }
  return more;
}

Result<std::unique_ptr<staging::Stager>> MicroBatch::make_stager(const config::EntityMapping& mapping) {
  return state_of(mapping).make_stager();
}

std::optional<staging::PreparedFiles> MicroBatch::prepared(const config::EntityMapping& mapping) {
  const auto& state = state_of(mapping);
  given_.insert(&state);
  return state.prepared();
}

Result<bool> MicroBatch::observe(warehouse::Connection& connection, std::int64_t run_id, Timestamp at) {
  bool any = false;
  for (const auto* state : states_) {
    DH_ASSIGN(const bool observed, state->observe(connection, run_id, at));
    any = any || observed;
  }
  return any;
}

void MicroBatch::correct(const config::EntityMapping& mapping, pipeline::Balance& balance) const {
  state_of(mapping).correct(balance);
}

Status MicroBatch::record(warehouse::Connection& connection, std::int64_t run_id) {
  for (auto* state : states_) DH_TRY(state->record(run_id));
  fault_point("before_offsets");
  DH_TRY(write_offsets(connection, origin_.cluster_id, read_, run_id));
  if (!origin_.name.empty()) DH_TRY(record_name(connection, run_id));
  fault_point("after_offsets");
  return dead_letters_ == nullptr ? Status{} : send_dead_letters(connection, run_id);
}

// One after another, so of what is before the slash there is one name at a time.
Status MicroBatch::record_name(warehouse::Connection& connection, std::int64_t run_id) const {
  const auto slash = origin_.name.find('/');
  DH_ASSERT(slash != std::string::npos, "a cluster's micro-batch is named STREAM/NUMBER");
  const auto of_stream = origin_.name.substr(0, slash + 1);
  DH_TRY(connection.execute(fmt::format("delete from meta.cluster_batches where starts_with(batch, {}) and batch <> {}",
                                        warehouse::sql_text(of_stream), warehouse::sql_text(origin_.name))));
  return pipeline::record_cluster_batch(connection, origin_.name, origin_.tasks, run_id);
}

// Before the commit: a letter that cannot be sent stops the stream, and one that was sent before a crash is sent again.
Status MicroBatch::send_dead_letters(warehouse::Connection& connection, std::int64_t run_id) const {
  DH_ASSIGN(const auto rows,
            connection.query(fmt::format("select file, line, source || '.' || entity, reasons, raw from "
                                         "staging.quarantine where run_id = {} order by source, entity, position",
                                         run_id)));
  for (std::size_t i = 0; i < rows.row_count(); ++i)
    DH_TRY(dead_letters_->send(
        {rows.display(i, 0), rows.integer(i, 1), rows.display(i, 2), rows.display(i, 3), rows.text(i, 4)}));
  if (rows.row_count() == 0) return {};
  DH_TRY(dead_letters_->flush());
  fault_point("after_dead_letters");
  return {};
}

}  // namespace deskhouse::stream
