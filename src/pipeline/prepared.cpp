#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/keys.h"
#include "pipeline/cluster.h"
#include "pipeline/opened.h"
#include "pipeline/stages.h"
#include "schema/catalog.h"
#include "staging/raw_block.h"
#include "warehouse/lake_files.h"
#include "warehouse/parquet.h"
#include "warehouse/row_writer.h"

namespace deskhouse::pipeline {

namespace {

using nlohmann::json;
using warehouse::parquet_files;
using warehouse::sql_text;
using warehouse::sql_timestamp;

void add(staging::FieldCounts& to, const json& from) {
  to.nulled += from.at("nulled").get<std::int64_t>();
  to.defaulted += from.at("defaulted").get<std::int64_t>();
  to.converted += from.at("converted").get<std::int64_t>();
  to.discarded += from.at("discarded").get<std::int64_t>();
  to.ambiguous_time += from.at("ambiguous_time").get<std::int64_t>();
  for (const auto& [format, count] : from.at("formats").items()) to.formats[format] += count.get<std::int64_t>();
}

// Columns that some share saw. Shares of whole files may each have seen others.
void add_seen(const json& from, std::optional<std::vector<sources::SourceColumn>>& seen) {
  if (from.is_null()) return;
  if (!seen) seen.emplace();
  for (const auto& column : from) {
    const auto name = column.at("name").get<std::string>();
    if (std::ranges::find(*seen, name, &sources::SourceColumn::name) != seen->end()) continue;
    seen->push_back(
        {name, column.at("type").get<std::string>(), column.at("in_all").get<bool>(), column.at("always").get<bool>()});
  }
}

// What this process staged itself.
struct Staged {
  explicit Staged(const schema::TableInfo& entity) : rows(entity) {}
  staging::StagedBatch rows;
  staging::RawBlock block;
};

// One entity's files into its load table and the staging schema.
class PreparedLoad {
 public:
  PreparedLoad(ExtractionContext& context, const staging::PreparedFiles& files, Extraction& extraction)
      : context_(context), connection_(context.connection), files_(files), x_(extraction) {}

  // False: this process must read it itself.
  Result<bool> run(sources::Reader* rest, staging::Stager& stager) {
    for (const auto& text : files_.summaries) DH_TRY(add_summary(text));
    if (lacks_a_column(stager.raw_columns())) return false;
    if (rest != nullptr) {
      DH_ASSIGN(const bool staged, stage_rest(*rest, stager));
      if (!staged) return false;
    }
    const StageWatch loading;
    DH_ASSIGN(const bool loaded, load_rows());
    if (!loaded) return false;
    DH_TRY(keep_raw());
    DH_TRY(keep_rejects());
    DH_TRY(keep_discards());
    x_.load_seconds = loading.done("load", "", 0, 0).seconds;
    x_.peak_memory_bytes = peak_memory_bytes();
    return true;
  }

 private:
  Status add_summary(const std::string& text) {
    const auto summary = json::parse(text, nullptr, false);
    if (!summary.is_object())
      return fail(Error::Kind::io, fmt::format("The cluster's summary of {} is not readable", x_.entity->name));
    x_.balance.extracted += summary.at("extracted").get<std::int64_t>();
    x_.balance.superseded += summary.at("repeats").get<std::int64_t>();
    x_.bytes += summary.at("bytes").get<std::int64_t>();
    x_.transform_seconds += summary.value("seconds", 0.0);
    for (const auto& [field, counts] : summary.at("fields").items()) add(x_.fields[field], counts);
    for (const auto& column : summary.at("unmapped"))
      if (std::ranges::find(x_.unmapped_columns, column.get<std::string>()) == x_.unmapped_columns.end())
        x_.unmapped_columns.push_back(column.get<std::string>());
    add_seen(summary.at("columns_seen"), x_.columns_seen);
    return {};
  }

  // A reader that has all records would say so; it then does.
  bool lacks_a_column(const std::vector<std::string>& raw_columns) const {
    if (!x_.columns_seen) return false;
    return std::ranges::any_of(raw_columns, [&](const std::string& column) {
      return !config::may_be_absent(*x_.mapping, column) &&
             std::ranges::find(*x_.columns_seen, column, &sources::SourceColumn::name) == x_.columns_seen->end();
    });
  }

  Result<bool> load_rows() {
    // A table and its rows in one commit, as in run_extraction. Files that become the table's want it to be there.
    std::optional<warehouse::Transaction> transaction;
    if (connection_.is_of_lake() && x_.kind == warehouse::Loader::Kind::bulk && !files_.names_run) {
      DH_ASSIGN(transaction, warehouse::Transaction::begin(connection_));
    }
    DH_ASSIGN(auto loader, warehouse::Loader::create(connection_, context_.functions, *x_.entity, x_.kind,
                                                     {x_.load_table, x_.mapping->source, context_.run_id,
                                                      context_.started_at, x_.mapping->row_conditions}));
    if (!files_.rows.empty()) {
      DH_ASSIGN(const auto latest,
                connection_.scalar(fmt::format("select max(updated_us) from {}", parquet_files(files_.rows))));
      if (latest) x_.watermark = Timestamp{*latest};
      DH_ASSIGN(const auto outcome, loader.load_files(files_.rows, files_.names_run));
      if (outcome == warehouse::Loader::Stream::refused) return false;
      DH_ASSIGN(const auto rows, connection_.scalar(fmt::format("select count(*) from {}", x_.load_table)));
      x_.batches.push_back({1, rows.value_or(0), "loaded", "", 0});
    }
    for (const auto& one : rest_) {
      DH_ASSIGN(const auto outcome, loader.load_stream(one->rows));
      if (outcome == warehouse::Loader::Stream::refused) return false;
      x_.batches.push_back({std::ssize(x_.batches) + 1, std::ssize(one->rows.key), "loaded", "", 0});
    }
    if (transaction) DH_TRY(transaction->commit());
    return true;
  }

  // False: a record of it is rejected.
  Result<bool> stage_rest(sources::Reader& rest, staging::Stager& stager) {
    sources::RawBatch raw;
    while (true) {
      DH_ASSIGN(const bool more, rest.next(raw, context_.bulk_batch_size));
      if (!more) return true;
      if (raw.records.empty()) continue;
      auto staged = std::make_unique<Staged>(*x_.entity);
      staged->block = staging::encode_raw_block(raw);
      stager.stage(raw, staged->rows);
      if (!staged->rows.rejects.empty()) return false;
      x_.balance.extracted += static_cast<std::int64_t>(staged->rows.extracted);
      x_.balance.superseded += static_cast<std::int64_t>(staged->rows.repeats);
      x_.bytes += staged->block.bytes;
      rest_.push_back(std::move(staged));
    }
  }

  // The first values of a row in staging: the run, the source, the entity.
  std::string of_run() const {
    return fmt::format("{}, {}, {}", context_.run_id, sql_text(x_.mapping->source), sql_text(x_.mapping->entity));
  }

  Status keep_raw() {
    DH_TRY(keep_raw_of_rest());
    if (files_.blocks.empty()) return {};
    if (context_.keeps_origins) DH_TRY(keep_lines());
    if (connection_.is_of_lake() && files_.names_run)
      return warehouse::add_lake_files(connection_, "staging.raw_blocks", files_.blocks);
    return connection_.execute(
        fmt::format("insert into staging.raw_blocks (run_id, source, entity, file, first_position, records, bytes, "
                    "extracted_at, payload) select {}, file, first_position, records, bytes, {}, payload from {}",
                    of_run(), sql_timestamp(context_.started_at), parquet_files(files_.blocks)));
  }

  Status keep_raw_of_rest() {
    if (rest_.empty()) return {};
    DH_ASSIGN(auto writer, warehouse::RowWriter::open(connection_, "staging", "raw_blocks"));
    for (const auto& one : rest_) DH_TRY(write_raw_block(writer, context_, *x_.mapping, one->block));
    return writer.flush();
  }

  Status keep_lines() {
    DH_ASSIGN(const auto blocks, connection_.query(fmt::format("select first_position, lines, header from {}",
                                                               parquet_files(files_.blocks))));
    for (std::size_t i = 0; i < blocks.row_count(); ++i) {
      const auto bytes = blocks.text(i, 1);
      auto& lines = x_.lines[blocks.integer(i, 0)];
      lines.resize(bytes.size() / sizeof(std::int64_t));
      std::memcpy(lines.data(), bytes.data(), lines.size() * sizeof(std::int64_t));
      x_.headers[static_cast<std::int32_t>(blocks.integer(i, 0) >> staging::kPositionFileShift)] = blocks.text(i, 2);
    }
    return {};
  }

  Status keep_rejects() {
    if (files_.rejects.empty()) return {};
    DH_TRY(connection_.execute(
        fmt::format("insert into staging.quarantine (run_id, source, entity, file, position, record, line, record_id, "
                    "header, raw, reasons, extracted_at, status, replayed_run_id) select {}, file, position, record, "
                    "line, id, header, raw, reasons, {}, 'quarantined', null from {} order by position",
                    of_run(), sql_timestamp(context_.started_at), parquet_files(files_.rejects))));
    DH_ASSIGN(const auto keys, connection_.query(fmt::format("select key from {}", parquet_files(files_.rejects))));
    for (std::size_t i = 0; i < keys.row_count(); ++i) {
      if (keys.is_null(i, 0))
        ++x_.unsure_rejects;
      else
        x_.rejected_keys.push_back(keys.integer(i, 0));
    }
    x_.balance.quarantined = static_cast<std::int64_t>(keys.row_count());
    return {};
  }

  Status keep_discards() {
    if (files_.discards.empty()) return {};
    return connection_.execute(fmt::format(
        "insert into staging.discarded_values select {}, file, position, id, field, value, reason, header, raw, {} "
        "from {} order by position",
        of_run(), sql_timestamp(context_.started_at), parquet_files(files_.discards)));
  }

  ExtractionContext& context_;
  warehouse::Connection& connection_;
  const staging::PreparedFiles& files_;
  Extraction& x_;
  std::vector<std::unique_ptr<Staged>> rest_;
};

}  // namespace

Result<std::optional<Extraction>> load_prepared(ExtractionContext& context, const staging::PreparedFiles& files,
                                                sources::Reader* rest, staging::Stager& stager,
                                                const config::EntityMapping& mapping, const schema::TableInfo& entity,
                                                warehouse::Loader::Kind kind) {
  auto extraction = new_extraction(mapping, entity, kind);
  DH_ASSIGN(const bool loaded, PreparedLoad(context, files, extraction).run(rest, stager));
  return loaded ? std::optional(std::move(extraction)) : std::nullopt;
}

Status prepare_on(Cluster& cluster, std::int64_t run_id, Timestamp started_at, std::vector<Opened>& opened,
                  const std::function<std::optional<Timestamp>(const Opened&)>& latest_update) {
  std::vector<ClusterJob> jobs;
  std::vector<Opened*> taken;
  for (auto& one : opened) {
    if (!cluster.takes(*one.configured, *one.mapping)) continue;
    jobs.push_back({one.mapping, latest_update(one)});
    taken.push_back(&one);
  }
  DH_ASSIGN(auto prepared, cluster.prepare(run_id, started_at, jobs));
  DH_ASSERT(prepared.size() == taken.size(), "a cluster gives the files of each job");
  for (std::size_t i = 0; i < taken.size(); ++i) taken[i]->prepared = std::move(prepared[i]);
  return {};
}

Result<std::optional<std::int64_t>> run_of_batch(warehouse::Connection& connection, const std::string& batch) {
  return connection.scalar(
      fmt::format("select max(run_id) from meta.cluster_batches where batch = {}", sql_text(batch)));
}

Status record_cluster_batch(warehouse::Connection& connection, const std::string& batch, std::int64_t tasks,
                            std::int64_t run_id) {
  DH_ASSIGN(const auto before, run_of_batch(connection, batch));
  if (before) return fail(Error::Kind::usage, fmt::format("the batch {} was published by run {}", batch, *before));
  return connection.execute(
      fmt::format("insert into meta.cluster_batches select {}, run_id, {}, started_at from "
                  "meta.runs where run_id = {}",
                  sql_text(batch), tasks, run_id));
}

}  // namespace deskhouse::pipeline
