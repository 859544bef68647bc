#include "warehouse/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>

#include "schema/catalog.h"
#include "warehouse/functions.h"

namespace deskhouse::warehouse {

namespace {

// One range of one batch.
class RangeFeed : public BatchFeed {
 public:
  RangeFeed(const staging::StagedBatch& batch, std::size_t from, std::size_t to)
      : source_{&batch.rows, batch.key, batch.position, batch.row_hash, from, to} {}
  const std::vector<schema::BatchColumn>& columns() const override { return source_.rows->columns(); }
  const BatchSource* next() override { return taken_.exchange(true) ? nullptr : &source_; }
  void done(const BatchSource*) override {}

 private:
  BatchSource source_;
  std::atomic<bool> taken_ = false;
};

// A full disk or memory is not the rows' fault: splitting the batch would only repeat it.
bool is_operating_error(std::string_view message) {
  for (const auto* part : {"No space left", "Out of Memory", "out of memory", "IO Error", "INTERNAL", "invalidated"})
    if (message.find(part) != std::string_view::npos) return true;
  return false;
}

}  // namespace

Result<Loader> Loader::create(Connection& connection, FunctionContext& functions, const schema::TableInfo& entity,
                              Kind kind, LoadTarget target) {
  auto create = schema::create_table_sql(entity, target.table);
  if (kind == Kind::temporary) create.replace(0, std::string_view("CREATE TABLE").size(), "CREATE TEMP TABLE");
  for (const auto& check : target.checks) create.insert(create.rfind(')'), fmt::format(", CHECK ({})", check));
  DH_TRY(connection.execute(fmt::format("drop table if exists {}", target.table)));
  if (auto status = connection.execute(create); !status)
    return fail(Error::Kind::config,
                fmt::format("The load table of {} cannot be made: {}", entity.name, status.error().message));
  return Loader(connection, functions, std::move(target));
}

Status Loader::insert_from(BatchFeed& feed) {
  functions_->set_feed(&feed);
  auto status = connection_->execute(fmt::format(
      "insert into {} by name select *, {} as source, {} as loaded_at, {}::bigint as run_id from deskhouse_batch()",
      target_.table, sql_text(target_.source), sql_timestamp(target_.loaded_at), target_.run_id));
  functions_->set_feed(nullptr);
  return status;
}

Status Loader::insert(const staging::StagedBatch& batch, std::size_t from, std::size_t to) {
  RangeFeed feed(batch, from, to);
  return insert_from(feed);
}

Result<Loader::Stream> Loader::load_stream(BatchFeed& feed) {
  const auto status = insert_from(feed);
  if (status) return Stream::loaded;
  if (is_operating_error(status.error().message)) return std::unexpected(status.error());
  return Stream::refused;
}

Status Loader::load(const staging::StagedBatch& batch, std::size_t batch_size,
                    const std::function<void(std::size_t, const std::string&)>& on_poison) {
  for (std::size_t from = 0; from < batch.rows.rows(); from += batch_size) {
    const auto to = std::min(from + batch_size, batch.rows.rows());
    const auto start = std::chrono::steady_clock::now();
    LoadBatch record{static_cast<std::int64_t>(batches_.size()) + 1, static_cast<std::int64_t>(to - from), "loaded", "",
                     0};
    auto status = insert(batch, from, to);
    if (!status && is_operating_error(status.error().message)) return status;
    if (!status) {
      record.status = "split";
      record.error = status.error().message;
      DH_TRY(split(batch, from, to, on_poison));
    }
    record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    batches_.push_back(std::move(record));
  }
  return {};
}

// Retries [from, to) and halves it while it fails. REQUIRES from < to.
Status Loader::split(const staging::StagedBatch& batch, std::size_t from, std::size_t to,
                     const std::function<void(std::size_t, const std::string&)>& on_poison) {
  const auto status = insert(batch, from, to);
  if (status) return {};
  if (is_operating_error(status.error().message)) return status;
  if (to - from == 1) {
    on_poison(from, status.error().message);
    return {};
  }
  const auto middle = from + (to - from) / 2;
  DH_TRY(split(batch, from, middle, on_poison));
  return split(batch, middle, to, on_poison);
}

}  // namespace deskhouse::warehouse
