#include "pipeline/extraction.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "base/bounded_queue.h"
#include "base/fault.h"
#include "base/keys.h"
#include "pipeline/rejects.h"
#include "schema/catalog.h"
#include "staging/raw_block.h"
#include "staging/version_index.h"
#include "warehouse/row_writer.h"

namespace deskhouse::pipeline {

namespace {

constexpr std::size_t kReadRecords = 8192;
constexpr std::int64_t kManyBatches = 10;  // above this many batches of load.batch_size a load is a bulk load

struct RawPart {
  sources::RawBatch batch;
  staging::RawBlock block;
};
struct LoadPart {
  std::unique_ptr<staging::StagedBatch> rows;
  std::vector<staging::RawBlock> blocks;
  bool last = false;
};

// The three threads share nothing but the queues and, at the end, the first error.
class Run {
 public:
  Run(ExtractionContext& context, sources::Reader& reader, staging::Stager& stager, Extraction& extraction)
      : context_(context), reader_(reader), stager_(stager), extraction_(extraction) {}

  Status run() {
    for (int i = 0; i < 2; ++i) free_.push(std::make_unique<staging::StagedBatch>(*extraction_.entity));
    std::thread reading([this] { read(); });
    std::thread loading([this] { load(); });
    stage();
    reading.join();
    loading.join();
    if (error_) return std::unexpected(*error_);
    return {};
  }

 private:
  void stop(const Error& error) {
    {
      const std::lock_guard lock(error_mutex_);
      if (!error_) error_ = error;
    }
    raw_.close();
    ready_.close();
    free_.close();
  }

  void read() {
    while (true) {
      RawPart part;
      auto more = reader_.next(part.batch, kReadRecords);
      if (!more) return stop(more.error());
      if (!*more) return raw_.close();
      if (part.batch.records.empty()) continue;
      part.block = staging::encode_raw_block(part.batch);
      if (!raw_.push(std::move(part))) return;
    }
  }

  // On the caller's thread: stages, decides versions, hands full batches over.
  void stage() {
    LoadPart part{.rows = take_free(), .blocks = {}};
    std::size_t seen = 0;
    while (part.rows) {
      auto raw = raw_.pop();
      if (!raw) break;
      stager_.stage(raw->batch, *part.rows);
      extraction_.bytes += raw->block.bytes;
      if (raw->block.records > 0) part.blocks.push_back(std::move(raw->block));
      if (!offer(*part.rows, seen)) break;
      seen = part.rows->rows.rows();
      report(*part.rows);
      if (seen < context_.bulk_batch_size) continue;
      if (!hand_over(part)) break;
      seen = 0;
    }
    if (part.rows) {
      part.last = true;
      hand_over(part);
    }
    ready_.close();
  }

  std::unique_ptr<staging::StagedBatch> take_free() {
    auto batch = free_.pop();
    return batch ? std::move(*batch) : nullptr;
  }

  // Gives the part to the loading thread and starts the next one. False: stopped.
  bool hand_over(LoadPart& part) {
    const bool last = part.last;
    total_.extracted += static_cast<std::int64_t>(part.rows->extracted);
    if (!ready_.push(std::move(part))) return false;
    part = LoadPart{.rows = last ? nullptr : take_free(), .blocks = {}};
    return part.rows != nullptr;
  }

  // Which of the new rows [from, ...) win so far. False on a key collision.
  bool offer(const staging::StagedBatch& batch, std::size_t from) {
    using Outcome = staging::VersionIndex::Outcome;
    for (std::size_t i = from; i < batch.key.size(); ++i) {
      const auto offer = index_.offer(batch.key[i], batch.check[i], {batch.updated_us[i], batch.version[i], batch.position[i]}, batch.row_hash[i]);
      watermark_ = std::max(watermark_, batch.updated_us[i]);
      if (offer.outcome == Outcome::first) continue;
      if (offer.outcome == Outcome::collision) {
        stop({Error::Kind::source, fmt::format("Two ids of {}.{} have the same 64-bit key {}; one is {}. Nothing was loaded. Rename the source in deskhouse.toml "
                                               "(the key depends on its name) and run again.", extraction_.mapping->source, extraction_.entity->name, batch.key[i],
                                               batch.rows.column(0).text(i))});
        return false;
      }
      ++extraction_.balance.superseded;
      extraction_.balance.ties += offer.tie ? 1 : 0;
      if (offer.outcome == Outcome::duplicate) {
        extraction_.dropped_positions.push_back(batch.position[i]);
        continue;
      }
      extraction_.lost_positions.push_back(offer.outcome == Outcome::newer ? offer.replaced_position : batch.position[i]);
      extraction_.changed_keys.push_back(batch.key[i]);
    }
    return true;
  }

  void report(const staging::StagedBatch& batch) {
    if (!context_.on_progress) return;
    context_.on_progress({extraction_.mapping->source, std::string(extraction_.entity->name),
                          total_.extracted + static_cast<std::int64_t>(batch.extracted), reader_.progress()});
  }

  void load() {
    auto loader = warehouse::Loader::create(context_.connection, context_.functions, *extraction_.entity, extraction_.kind,
                                            {extraction_.load_table, extraction_.mapping->source, context_.run_id, context_.started_at, extraction_.mapping->row_conditions});
    if (!loader) return stop(loader.error());
    auto rejects = RejectWriter::open(context_.connection, *extraction_.mapping, reader_.header());
    if (!rejects) return stop(rejects.error());
    while (auto part = ready_.pop()) {
      if (auto status = load_part(*loader, *rejects, *part); !status) return stop(status.error());
      part->rows->clear();
      if (!part->last) free_.push(std::move(part->rows));
    }
    if (auto status = rejects->flush(); !status) return stop(status.error());
    extraction_.batches = loader->batches();
    extraction_.balance.quarantined = rejects->written();
  }

  Status load_part(warehouse::Loader& loader, RejectWriter& rejects, LoadPart& part) {
    auto& batch = *part.rows;
    const auto many = static_cast<std::int64_t>(context_.batch_size) * kManyBatches;
    const auto size = static_cast<std::int64_t>(batch.rows.rows()) > many ? context_.bulk_batch_size : context_.batch_size;
    std::vector<staging::Reject> poisonous;
    DH_TRY(loader.load(batch, static_cast<std::size_t>(size), [&](std::size_t row, const std::string& why) {
      poisonous.push_back(poison(batch, part.blocks, row, why));
    }));
    extraction_.poisoned = extraction_.poisoned || !poisonous.empty();
    for (const auto& reject : batch.rejects) DH_TRY(rejects.write(reject));
    for (const auto& reject : poisonous) DH_TRY(rejects.write(reject));
    DH_TRY(keep_raw(part.blocks));
    fault_point("after_load_batch");
    return {};
  }

  // A row that staging accepted and the load table refuses; its raw bytes are still in the part's blocks.
  static staging::Reject poison(const staging::StagedBatch& batch, const std::vector<staging::RawBlock>& blocks, std::size_t row, const std::string& why) {
    staging::Reject reject;
    reject.position = batch.position[row];
    reject.record = reject.position & ((std::int64_t{1} << staging::kPositionFileShift) - 1);
    reject.id = std::string(batch.rows.column(0).text(row));
    reject.reasons.push_back({"", "the warehouse refuses the row: " + why, ""});
    for (const auto& block : blocks) {
      auto position = block.first_position;
      if (reject.position < position || reject.position >= position + block.records) continue;
      reject.file = block.file;
      staging::decode_raw_block(block.payload, [&](std::string_view raw) {
        if (position++ == reject.position) reject.raw = raw;
      });
    }
    return reject;
  }

  Status keep_raw(const std::vector<staging::RawBlock>& blocks) {
    if (blocks.empty()) return {};
    DH_ASSIGN(auto writer, warehouse::RowWriter::open(context_.raw_connection, "staging", "raw_blocks"));
    for (const auto& block : blocks) {
      writer.integer(context_.run_id).text(extraction_.mapping->source).text(extraction_.entity->name).text(block.file).integer(block.first_position);
      writer.integer(block.records).integer(block.bytes).timestamp(context_.started_at).blob(block.payload);
      DH_TRY(writer.end_row());
    }
    return writer.flush();
  }

  ExtractionContext& context_;
  sources::Reader& reader_;
  staging::Stager& stager_;
  Extraction& extraction_;
  BoundedQueue<RawPart> raw_{4};
  BoundedQueue<LoadPart> ready_{1};
  BoundedQueue<std::unique_ptr<staging::StagedBatch>> free_{2};  // two batches in all: one is staged, one is loaded
  std::mutex error_mutex_;
  std::optional<Error> error_;
  staging::VersionIndex index_;
  Balance total_;

 public:
  std::int64_t extracted() const { return total_.extracted; }
  std::int64_t watermark_ = -1;
};

}  // namespace

Result<Extraction> run_extraction(ExtractionContext& context, sources::Reader& reader, staging::Stager& stager, const config::EntityMapping& mapping,
                                  const schema::TableInfo& entity, warehouse::Loader::Kind kind) {
  const auto start = std::chrono::steady_clock::now();
  Extraction extraction;
  extraction.mapping = &mapping;
  extraction.entity = &entity;
  extraction.kind = kind;
  // Named by the source's hash: a source's name may hold anything.
  extraction.load_table = fmt::format("{}load_{}_{:08x}", kind == warehouse::Loader::Kind::bulk ? "operational." : "", entity.name, natural_check(mapping.source, ""));
  Run run(context, reader, stager, extraction);
  DH_TRY(run.run());
  extraction.balance.extracted = run.extracted();
  if (run.watermark_ >= 0) extraction.watermark = Timestamp{run.watermark_};
  extraction.fields = stager.field_counts();
  extraction.unmapped_columns = reader.unmapped_columns();
  extraction.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return extraction;
}

}  // namespace deskhouse::pipeline
