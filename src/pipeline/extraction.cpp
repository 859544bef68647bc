#include "pipeline/extraction.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/bounded_queue.h"
#include "base/fault.h"
#include "base/keys.h"
#include "pipeline/rejects.h"
#include "pipeline/stages.h"
#include "schema/catalog.h"
#include "warehouse/functions.h"

namespace deskhouse::pipeline {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::int64_t kSmallBatches = 10;  // after so many batches of load.batch_size a load is a bulk load
// Raw blocks are committed when so many bytes are pending: DuckDB holds all blobs of an open transaction at once. Those
// of a run that does not succeed are forgotten (records.h).
constexpr std::size_t kPendingRawBytes = std::size_t{8} << 20;
constexpr std::size_t kStagedBatches = 4;  // in memory at once: one is staged, one waits, two are loaded

struct RawPart {
  sources::RawBatch batch;
  staging::RawBlock block;
};

// A staged batch on its way through DuckDB.
struct StagedPart {
  std::unique_ptr<staging::StagedBatch> rows;
  staging::RawBlock block;
  std::vector<std::int64_t> lines;  // of the block's records; only where rows are singled out
  std::int64_t number = 0;
  warehouse::BatchSource source;
  Clock::time_point taken;
};

using Pool = BoundedQueue<std::unique_ptr<staging::StagedBatch>>;

// Gives staged batches to DuckDB's threads in the order in which they come, and takes them back.
class StagedFeed : public warehouse::BatchFeed {
 public:
  StagedFeed(BoundedQueue<StagedPart>& ready, Pool& free, std::vector<schema::BatchColumn> columns)
      : ready_(ready), free_(free), columns_(std::move(columns)) {}
  const std::vector<schema::BatchColumn>& columns() const override { return columns_; }

  const warehouse::BatchSource* next() override {
    auto part = ready_.pop();
    if (!part) return nullptr;
    const auto& rows = *part->rows;
    part->source = {&rows.rows, rows.key, rows.position, rows.row_hash, 0, rows.rows.rows()};
    part->taken = Clock::now();
    const std::lock_guard lock(mutex_);
    loading_.push_back(std::make_unique<StagedPart>(*std::move(part)));
    return &loading_.back()->source;
  }

  void done(const warehouse::BatchSource* source) override {
    std::unique_lock lock(mutex_);
    const auto it = std::ranges::find_if(loading_, [&](const auto& part) { return &part->source == source; });
    DH_ASSERT(it != loading_.end(), "a batch is given back once");
    auto part = std::move(*it);
    loading_.erase(it);
    batches_.push_back({part->number, static_cast<std::int64_t>(source->to), "loaded", "",
                        std::chrono::duration<double>(Clock::now() - part->taken).count()});
    lock.unlock();
    part->rows->clear();
    free_.push(std::move(part->rows));
  }

  // Of all of DuckDB's threads that had a batch.
  double busy_seconds() const {
    double seconds = 0;
    for (const auto& batch : batches_) seconds += batch.seconds;
    return seconds;
  }

  std::vector<warehouse::LoadBatch> batches() {
    std::ranges::sort(batches_, {}, &warehouse::LoadBatch::number);
    return batches_;
  }

 private:
  BoundedQueue<StagedPart>& ready_;
  Pool& free_;
  std::vector<schema::BatchColumn> columns_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<StagedPart>> loading_;
  std::vector<warehouse::LoadBatch> batches_;
};

// A row that staging accepted and the load table refuses, without its raw bytes.
staging::Reject poisonous(const StagedPart& part, std::size_t row, const std::vector<std::string>& reasons) {
  const auto& batch = *part.rows;
  const auto& block = part.block;
  staging::Reject reject;
  reject.file = block.file;
  reject.position = batch.position[row];
  reject.line = part.lines[static_cast<std::size_t>(reject.position - block.first_position)];
  reject.record = reject.position & ((std::int64_t{1} << staging::kPositionFileShift) - 1);
  reject.id = std::string(batch.rows.column(0).text(row));
  reject.key = batch.key[row];
  for (const auto& reason : reasons) reject.reasons.push_back({"", reason, ""});
  return reject;
}

// The raw bytes of rejects, in the order of their positions, out of the block that they came in.
void fill_raw(std::vector<staging::Reject>& rejects, const staging::RawBlock& block) {
  auto reject = rejects.begin();
  auto position = block.first_position;
  if (rejects.empty()) return;
  const bool whole = staging::decode_raw_block(block.payload, [&](std::string_view raw) {
    if (reject != rejects.end() && position++ == reject->position) (reject++)->raw = raw;
  });
  DH_ASSERT(whole && reject == rejects.end(), "a refused row came in the block that is loaded with it");
}

// The threads share the queues and, at the end, the first error.
class Run {
 public:
  Run(ExtractionContext& context, sources::Reader& reader, staging::Stager& stager, Extraction& extraction)
      : context_(context),
        reader_(reader),
        stager_(stager),
        x_(extraction),
        feed_(ready_, free_, schema::batch_columns(*extraction.entity)) {}

  Status run() {
    for (std::size_t i = 0; i < kStagedBatches; ++i) free_.push(std::make_unique<staging::StagedBatch>(*x_.entity));
    std::thread reading([this] { read(); });
    std::thread loading([this] { load(); });
    if (auto status = stage(); !status) stop(status.error());
    raw_.close();
    ready_.close();
    reading.join();
    loading.join();
    if (error_) return std::unexpected(*error_);
    DH_TRY(warehouse::RowWriter::settle(context_.raw_connection, "staging", "raw_blocks"));
    DH_TRY(RejectWriter::settle(context_.raw_connection));
    x_.balance.quarantined += refused_;
    x_.refused = refused_;
    x_.extract_seconds = extracting_.seconds();
    x_.transform_seconds = transforming_.seconds();
    x_.load_seconds = context_.careful ? loading_.seconds() : std::min(feed_.busy_seconds(), loading_.seconds());
    x_.rejected_keys.insert(x_.rejected_keys.end(), poisonous_keys_.begin(), poisonous_keys_.end());
    return {};
  }

 private:
  void close_all() {
    raw_.close();
    ready_.close();
    free_.close();
  }
  void stop(const Error& error) {
    {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = error;
    }
    close_all();
  }

  void read() {
    for (std::int64_t number = 0;; ++number) {
      RawPart part;
      extracting_.go();
      auto more = reader_.next(part.batch, number < kSmallBatches ? context_.batch_size : context_.bulk_batch_size);
      if (more && *more && !part.batch.records.empty()) part.block = staging::encode_raw_block(part.batch);
      extracting_.pause();
      if (!more) return stop(more.error());
      if (!*more) return raw_.close();
      if (part.batch.records.empty()) continue;
      if (!raw_.push(std::move(part))) return;
    }
  }

  // On the caller's thread: stages, decides versions, keeps raw bytes and rejects, hands batches over.
  Status stage() {
    DH_ASSIGN(auto raw_writer, warehouse::RowWriter::open_beside(context_.raw_connection, "staging", "raw_blocks"));
    DH_ASSIGN(auto rejects, RejectWriter::open(context_.raw_connection, *x_.mapping, reader_, context_.run_id,
                                               context_.started_at, &warehouse::RowWriter::open_beside));
    std::int64_t number = 0;
    std::size_t pending = 0;
    while (auto raw = raw_.pop()) {
      auto free = free_.pop();
      if (!free) break;
      transforming_.go();
      StagedPart part{.rows = std::move(*free),
                      .block = std::move(raw->block),
                      .lines = {},
                      .number = ++number,
                      .source = {},
                      .taken = {}};
      if (context_.careful || context_.keeps_origins)
        for (const auto& record : raw->batch.records) part.lines.push_back(record.line);
      if (context_.keeps_origins) keep_origins(part);
      if (const auto latest = reader_.latest_update()) stager_.refuse_updates_after(*latest);  // it may have grown
      stager_.stage(raw->batch, *part.rows);
      if (!context_.careful)
        for (const auto updated_us : part.rows->updated_us) watermark_ = std::max(watermark_, updated_us);
      for (const auto& reject : part.rows->rejects) {
        DH_TRY(rejects.write(reject));
        note_reject(reject);
      }
      for (const auto& discard : part.rows->discards) DH_TRY(rejects.write(discard));
      DH_TRY(write_raw_block(raw_writer, context_, *x_.mapping, part.block));
      if (pending += part.block.payload.size(); pending >= kPendingRawBytes) {
        DH_TRY(raw_writer.flush());
        pending = 0;
      }
      if (!context_.careful) part.block.payload.clear();
      x_.balance.extracted += static_cast<std::int64_t>(part.rows->extracted);
      x_.balance.superseded += static_cast<std::int64_t>(part.rows->repeats);
      x_.bytes += part.block.bytes;
      if (context_.on_progress)
        context_.on_progress(
            {x_.mapping->source, std::string(x_.entity->name), x_.balance.extracted, reader_.progress()});
      transforming_.pause();
      if (!ready_.push(std::move(part))) break;
      fault_point("after_load_batch");
    }
    ready_.close();
    x_.balance.quarantined = rejects.written();
    DH_TRY(rejects.flush());
    return raw_writer.flush();
  }

  void note_reject(const staging::Reject& reject) {
    if (reject.key)
      x_.rejected_keys.push_back(*reject.key);
    else
      ++x_.unsure_rejects;
  }

  void load() {
    // A table and its rows in one commit: of a lake each costs, and so does looking at what tables there are after it.
    std::optional<warehouse::Transaction> transaction;
    if (context_.connection.is_of_lake() && !context_.careful && x_.kind == warehouse::Loader::Kind::bulk) {
      auto begun = warehouse::Transaction::begin(context_.connection);
      if (!begun) return stop(begun.error());
      transaction.emplace(*std::move(begun));
    }
    auto loader = warehouse::Loader::create(
        context_.connection, context_.functions, *x_.entity, x_.kind,
        {x_.load_table, x_.mapping->source, context_.run_id, context_.started_at, x_.mapping->row_conditions});
    if (!loader) return stop(loader.error());
    if (context_.careful) {
      if (auto status = load_carefully(*loader); !status) stop(status.error());
      return;
    }
    loading_.go();
    const auto streamed = loader->load_stream(feed_);
    loading_.pause();
    if (!streamed) return stop(streamed.error());
    if (*streamed == warehouse::Loader::Stream::refused) {
      x_.must_be_careful = true;
      transaction.reset();
      close_all();
    }
    if (transaction)
      if (const auto status = transaction->commit(); !status) return stop(status.error());
    x_.batches = feed_.batches();
  }

  Status load_carefully(warehouse::Loader& loader) {
    DH_ASSIGN(auto rejects,
              RejectWriter::open(context_.connection, *x_.mapping, reader_, context_.run_id, context_.started_at));
    while (auto part = ready_.pop()) {
      auto& batch = *part->rows;
      std::vector<staging::Reject> refused;
      std::vector<bool> taken(batch.updated_us.size(), true);
      loading_.go();
      DH_TRY(loader.load(batch, context_.batch_size, [&](std::size_t row, const std::vector<std::string>& reasons) {
        taken[row] = false;
        refused.push_back(poisonous(*part, row, reasons));
      }));
      for (std::size_t row = 0; row < taken.size(); ++row)
        if (taken[row]) watermark_ = std::max(watermark_, batch.updated_us[row]);
      fill_raw(refused, part->block);
      for (const auto& reject : refused) {
        DH_TRY(rejects.write(reject));
        poisonous_keys_.push_back(*reject.key);
      }
      DH_TRY(rejects.flush());
      loading_.pause();
      batch.clear();
      free_.push(std::move(part->rows));
    }
    x_.batches = loader.batches();
    refused_ = rejects.written();
    return {};
  }

  void keep_origins(const StagedPart& part) {
    const auto first = part.block.first_position;
    x_.lines[first] = part.lines;
    const auto file = static_cast<std::int32_t>(first >> staging::kPositionFileShift);
    if (!x_.headers.contains(file)) x_.headers[file] = reader_.header(file);
  }

  ExtractionContext& context_;
  sources::Reader& reader_;
  staging::Stager& stager_;
  Extraction& x_;
  BoundedQueue<RawPart> raw_{2};
  BoundedQueue<StagedPart> ready_{2};
  Pool free_{kStagedBatches};
  StagedFeed feed_;
  BusyTime extracting_, transforming_, loading_;  // each of its own thread's
  std::mutex mutex_;
  std::optional<Error> error_;
  std::int64_t watermark_ = -1;               // the staging thread's; of a careful run the loading thread's
  std::int64_t refused_ = 0;                  // by the load table
  std::vector<std::int64_t> poisonous_keys_;  // of those; the loading thread's

 public:
  std::optional<Timestamp> watermark() const {
    return watermark_ < 0 ? std::nullopt : std::optional(Timestamp{watermark_});
  }
};

}  // namespace

Status write_raw_block(warehouse::RowWriter& writer, const ExtractionContext& context,
                       const config::EntityMapping& mapping, const staging::RawBlock& block) {
  writer.integer(context.run_id).text(mapping.source).text(mapping.entity).text(block.file);
  writer.integer(block.first_position).integer(block.records).integer(block.bytes);
  writer.timestamp(context.started_at).blob(block.payload);
  return writer.end_row();
}

Extraction new_extraction(const config::EntityMapping& mapping, const schema::TableInfo& entity,
                          warehouse::Loader::Kind kind) {
  Extraction extraction;
  extraction.mapping = &mapping;
  extraction.entity = &entity;
  extraction.kind = kind;
  // Named by the source's hash: a source's name may hold anything.
  extraction.load_table = fmt::format("{}load_{}_{:016x}", kind == warehouse::Loader::Kind::bulk ? "operational." : "",
                                      entity.name, static_cast<std::uint64_t>(natural_key(mapping.source, "")));
  return extraction;
}

Result<Extraction> run_extraction(ExtractionContext& context, sources::Reader& reader, staging::Stager& stager,
                                  const config::EntityMapping& mapping, const schema::TableInfo& entity,
                                  warehouse::Loader::Kind kind) {
  const StageWatch watch;  // the peak of memory begins anew
  auto extraction = new_extraction(mapping, entity, kind);
  Run run(context, reader, stager, extraction);
  DH_TRY(run.run());
  extraction.watermark = run.watermark();
  extraction.state = reader.state();
  extraction.unfinished = reader.unfinished();
  extraction.unavailable = reader.unavailable();
  extraction.listed_parents = reader.listed_parents();
  extraction.input = reader.progress();
  extraction.peak_memory_bytes = peak_memory_bytes();
  constexpr std::int64_t kWorthTrimming = 4 << 20;
  if (extraction.bytes > kWorthTrimming)
    malloc_trim(0);  // batches are large: give their memory back before DuckDB wants it
  extraction.fields = stager.field_counts();
  extraction.unmapped_columns = reader.unmapped_columns();
  extraction.columns_seen = reader.columns_seen();
  return extraction;
}

}  // namespace deskhouse::pipeline
