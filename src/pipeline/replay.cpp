#include "pipeline/replay.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <utility>

#include "pipeline/records.h"
#include "sources/csv_tokenizer.h"
#include "sources/file_list.h"

namespace deskhouse::pipeline {

namespace {

using warehouse::Connection;
using warehouse::sql_text;

constexpr std::size_t kPageRows = 5'000;  // raw records held in memory at once

std::int64_t count_of(const std::optional<std::int64_t>& value) {
  return value.value_or(0);
}

// The raw records as files that the normal pipeline reads, in a folder that goes away with this.
class ReplayFolder {
 public:
  static Result<ReplayFolder> make(const config::Config& config) {
    ReplayFolder folder;
    folder.path_ = config.project / fmt::format(".deskhouse-replay-{}", getpid());
    std::error_code error;
    std::filesystem::remove_all(folder.path_, error);
    if (!std::filesystem::create_directories(folder.path_, error))
      return fail(Error::Kind::io,
                  fmt::format("Cannot make the folder {}: {}", folder.path_.string(), error.message()));
    return folder;
  }
  ReplayFolder(ReplayFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ReplayFolder& operator=(ReplayFolder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~ReplayFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  ReplayFolder() = default;
  std::filesystem::path path_;
};

// Whether a record of a CSV file would take along what stands behind it: a quote in it is not closed.
bool swallows(std::string_view raw, char delimiter, char quote) {
  std::string text = fmt::format("{}\n", raw);
  const auto size = text.size();
  text.append(sources::kScanBytes, '\0');  // the tokenizer reads whole vectors
  sources::CsvTokenizer tokenizer(delimiter, quote, 1);
  tokenizer.set_text(text.data(), size, true);
  sources::CsvRecord record;
  tokenizer.next(0, record);
  return record.open_quote_newlines >= 0;
}

// The files of one source and entity: one for each header, and one for each record that would swallow those behind it.
class RecordFiles {
 public:
  explicit RecordFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // `origin`: the file that the record came in, whose name may tell that its fields stand between tabs.
  Status add(const std::string& header, std::string_view raw, const std::string& origin,
             const config::EntityMapping& mapping) {
    const char delimiter = sources::describe_file(mapping, origin).delimiter;
    const bool is_torn = !header.empty() && swallows(raw, delimiter, mapping.quote);
    const std::string type = header.empty() ? "jsonl" : delimiter == '\t' ? "tsv" : "csv";
    auto& file = is_torn ? torn_ : whole_[{type, header}];
    if (is_torn || !file.is_open()) {
      file = std::ofstream(folder_ / fmt::format("{:06}.{}", ++files_, type), std::ios::binary);
      if (!header.empty()) file << header << '\n';
    }
    file << raw;
    // A newline would be inside the quotes, and the bytes not those that were rejected.
    is_torn ? file << std::flush : file << '\n';
    if (!file) return fail(Error::Kind::io, fmt::format("Cannot write to {}", folder_.string()));
    return {};
  }

  Status close() {
    for (auto& [kind, file] : whole_)
      if (file.close(); !file) return fail(Error::Kind::io, fmt::format("Cannot write to {}", folder_.string()));
    if (torn_.is_open()) torn_.close();
    return {};
  }

 private:
  std::filesystem::path folder_;
  std::map<std::pair<std::string, std::string>, std::ofstream> whole_;  // by type and header
  std::ofstream torn_;
  int files_ = 0;
};

class Replay {
 public:
  Replay(const config::Config& config, Warehouse& warehouse, const ReplayOptions& options, const Observer& observer)
      : config_(config),
        warehouse_(warehouse),
        connection_(warehouse.connection),
        options_(options),
        observer_(observer) {}

  Result<ReplayReport> run() {
    DH_TRY(settle());  // what an earlier replay, that died, left open
    DH_TRY(find_work());
    if (config_copy_.sources.empty() && !options_.events) return std::move(report_);
    DH_ASSIGN(const auto before, measure_all());
    DH_ASSIGN(const auto last, connection_.scalar("select as_of from meta.state"));
    const auto as_of = options_.as_of.value_or(Timestamp{count_of(last)});
    if (!config_copy_.sources.empty()) DH_TRY(replay_records(as_of));
    if (options_.events) DH_TRY(options_.events(as_of, report_));
    return compare_metrics(before);
  }

 private:
  Status replay_records(Timestamp as_of) {
    DH_ASSIGN(const auto folder, ReplayFolder::make(config_));
    DH_TRY(write_records(folder.path()));
    DH_TRY(mark());
    auto done = pipeline::run(config_copy_, warehouse_, {.as_of = as_of, .whole = false, .only = {}, .kind = "replay"},
                              observer_);
    if (!done) {
      DH_TRY(settle());
      return std::unexpected(done.error());
    }
    DH_ASSERT(done->run_id == report_.run_id, "one process writes, so the next run has the next number");
    DH_TRY(settle());
    return count_outcome();
  }

  std::string rejected() const {
    return fmt::format(
        "status = 'quarantined' and run_id not in (select run_id from meta.runs where kind = 'stream'){}",
        quarantine_condition(options_.filter));
  }
  // The beginning of a record over the limit may look like a whole one, and is not. sources::oversized_reason says so.
  static constexpr const char* kIsCut = "contains(reasons, '(max_record_bytes)')";
  std::string open_rows() const { return fmt::format("{} and not {}", rejected(), kIsCut); }

  // Which mappings have rejected records; the copy of the config holds these alone.
  Status find_work() {
    config_copy_ = config_;
    config_copy_.sources.clear();
    DH_ASSIGN(const auto cut, connection_.scalar(fmt::format("select count(*) from staging.quarantine where {} and {}",
                                                             rejected(), kIsCut)));
    report_.cut = count_of(cut);
    DH_ASSIGN(const auto rows,
              connection_.query(fmt::format(
                  "select source, entity, count(*) from staging.quarantine where {} group by all order by all",
                  open_rows())));
    for (std::size_t i = 0; i < rows.row_count(); ++i) {
      const auto source = rows.display(i, 0), entity = rows.display(i, 1);
      if (add_mapping(source, entity))
        report_.lines.push_back({source, entity, rows.integer(i, 2), 0});
      else
        report_.unreplayable.push_back(fmt::format("{}.{} ({} records)", source, entity, rows.integer(i, 2)));
    }
    return {};
  }

  bool add_mapping(const std::string& source_name, const std::string& entity) {
    for (const auto& source : config_.sources) {
      const auto mapping = std::ranges::find(source.entities, entity, &config::EntityMapping::entity);
      if (source.name != source_name || mapping == source.entities.end()) continue;
      if (config_copy_.sources.empty() || config_copy_.sources.back().name != source.name) {
        config_copy_.sources.push_back(source);
        config_copy_.sources.back().entities.clear();
      }
      config_copy_.sources.back().entities.push_back(*mapping);
      return true;
    }
    return false;
  }

  Status write_records(const std::filesystem::path& folder) {
    int number = 0;
    for (auto& source : config_copy_.sources) {
      source.type = "files";
      for (auto& mapping : source.entities) {
        const auto name = fmt::format("{}", ++number);
        std::error_code error;
        std::filesystem::create_directories(folder / name, error);
        if (error)
          return fail(Error::Kind::io, fmt::format("Cannot make a folder in {}: {}", folder.string(), error.message()));
        DH_TRY(write_records_of(mapping, folder / name));
        mapping.project = folder;
        mapping.path = name;
        mapping.format = config::Format::automatic;
        mapping.encoding = "utf-8";  // raw bytes are kept as they are after conversion
        mapping.table.clear();       // of a server: its raw records are CSV
        mapping.query.clear();
      }
    }
    return {};
  }

  Status write_records_of(const config::EntityMapping& mapping, const std::filesystem::path& folder) {
    RecordFiles files(folder);
    for (std::int64_t run_id = -1, position = -1;;) {
      DH_ASSIGN(
          const auto rows,
          connection_.query(fmt::format(
              "select coalesce(header, ''), raw, run_id, position, file from staging.quarantine where {} and source = "
              "{} "
              "and entity = {} and (run_id > {} or (run_id = {} and position > {})) order by run_id, position limit {}",
              open_rows(), sql_text(mapping.source), sql_text(mapping.entity), run_id, run_id, position, kPageRows)));
      for (std::size_t i = 0; i < rows.row_count(); ++i)
        DH_TRY(files.add(rows.display(i, 0), rows.text(i, 1), rows.display(i, 4), mapping));
      if (rows.row_count() < kPageRows) return files.close();
      run_id = rows.integer(rows.row_count() - 1, 2);
      position = rows.integer(rows.row_count() - 1, 3);
    }
  }

  // The rows carry the number of the run that tries them, before it starts: whatever happens then can be settled later.
  Status mark() {
    DH_ASSIGN(const auto next, connection_.scalar("select coalesce(max(run_id), 0) + 1 from meta.runs"));
    report_.run_id = count_of(next);
    for (const auto& line : report_.lines)
      DH_TRY(connection_.execute(
          fmt::format("update staging.quarantine set replayed_run_id = {} where {} and source = {} and entity = {}",
                      report_.run_id, open_rows(), sql_text(line.source), sql_text(line.entity))));
    return {};
  }

  // Judges the rows that carry a run's number: its rejects hold the same bytes, and give the record its new reasons and
  // go; a record without such a reject came through; of a run that did not succeed nothing came. Repeating this changes
  // nothing, for only records that came through keep the number.
  Status settle() {
    DH_ASSIGN(auto transaction, warehouse::Transaction::begin(connection_));
    DH_TRY(connection_.execute(
        "create or replace temp table tried as select q.rowid as row_id, q.source, q.entity, q.raw, q.replayed_run_id "
        "as run_id, coalesce(r.status = 'succeeded' and r.kind = 'replay', false) as "
        "succeeded from staging.quarantine q left join meta.runs r on r.run_id = q.replayed_run_id where q.status = "
        "'quarantined' and q.replayed_run_id is not null;"
        "create or replace temp table again as select t.row_id, any_value(n.reasons) as reasons, list(distinct "
        "n.rowid) as rejects from tried t join staging.quarantine n "
        "on n.run_id = t.run_id and n.source = t.source and n.entity = t.entity and n.raw = t.raw where t.succeeded "
        "group by t.row_id"));
    DH_TRY(
        connection_.execute("update staging.quarantine set status = 'replayed' where rowid in (select row_id from "
                            "tried where succeeded and row_id not in (select row_id from again))"));
    DH_TRY(
        connection_.execute("update staging.quarantine q set reasons = a.reasons, replayed_run_id = null from again a "
                            "where q.rowid = a.row_id"));
    DH_TRY(
        connection_.execute("update staging.quarantine set replayed_run_id = null where rowid in (select row_id from "
                            "tried where not succeeded)"));
    DH_TRY(connection_.execute("delete from staging.quarantine where rowid in (select unnest(rejects) from again)"));
    DH_TRY(forget_unpublished(connection_));
    return transaction.commit();
  }

  Status count_outcome() {
    for (auto& line : report_.lines) {
      DH_ASSIGN(const auto through,
                connection_.scalar(fmt::format("select count(*) from staging.quarantine where status = 'replayed' and "
                                               "replayed_run_id = {} and source = {} and entity = {}",
                                               report_.run_id, sql_text(line.source), sql_text(line.entity))));
      line.came_through = count_of(through);
    }
    return {};
  }

  Result<std::vector<std::optional<double>>> measure_all() {
    if (metrics_.empty()) {
      DH_ASSIGN(metrics_, models::load_metrics(config_.project));
    }
    std::vector<std::optional<double>> values;
    for (const auto& metric : metrics_) {
      DH_ASSIGN(const auto value, models::measure(connection_, metric));
      values.push_back(value);
    }
    return values;
  }

  Result<ReplayReport> compare_metrics(const std::vector<std::optional<double>>& before) {
    DH_ASSIGN(const auto after, measure_all());
    for (std::size_t i = 0; i < metrics_.size(); ++i)
      if (before[i] != after[i])
        report_.changes.push_back({metrics_[i].name, metrics_[i].title_en, metrics_[i].unit, before[i], after[i]});
    return std::move(report_);
  }

  const config::Config& config_;
  Warehouse& warehouse_;
  Connection& connection_;
  const ReplayOptions& options_;
  const Observer& observer_;
  config::Config config_copy_;  // outlives the run: its extractions point to the mappings
  std::vector<models::Metric> metrics_;
  ReplayReport report_;
};

}  // namespace

std::string quarantine_condition(const QuarantineFilter& filter) {
  std::string condition;
  if (!filter.entity.empty()) condition += " and entity = " + sql_text(filter.entity);
  if (!filter.source.empty()) condition += " and source = " + sql_text(filter.source);
  return condition;
}

Result<ReplayReport> replay(const config::Config& config, Warehouse& warehouse, const ReplayOptions& options,
                            const Observer& observer) {
  return Replay(config, warehouse, options, observer).run();
}

Result<std::int64_t> purge_quarantine(Connection& connection, const QuarantineFilter& filter, Timestamp limit,
                                      bool count_only) {
  const auto rows = fmt::format("status in ('quarantined', 'replayed') and extracted_at < {}{}",
                                warehouse::sql_timestamp(limit), quarantine_condition(filter));
  DH_ASSIGN(const auto count, connection.scalar(fmt::format("select count(*) from staging.quarantine where {}", rows)));
  if (!count_only && count_of(count) > 0)
    DH_TRY(connection.execute(
        fmt::format("update staging.quarantine set status = 'purged', raw = ''::blob where {}", rows)));
  return count_of(count);
}

}  // namespace deskhouse::pipeline
