#include "pipeline/run.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/fault.h"
#include "pipeline/assess.h"
#include "pipeline/checks.h"
#include "pipeline/cluster.h"
#include "pipeline/commit.h"
#include "pipeline/imported_sla.h"
#include "pipeline/opened.h"
#include "pipeline/patience.h"
#include "pipeline/publish.h"
#include "pipeline/quarantine_checks.h"
#include "pipeline/records.h"
#include "pipeline/rejects.h"
#include "pipeline/retention.h"
#include "pipeline/run_contracts.h"
#include "pipeline/stages.h"
#include "pipeline/sweep.h"
#include "pipeline/sweep_parts.h"
#include "pipeline/tombstones.h"
#include "pipeline/unsettled.h"
#include "pipeline/work.h"
#include "schema/catalog.h"
#include "sources/registry.h"
#include "staging/stager.h"
#include "warehouse/functions.h"
#include "warehouse/parquet.h"
#include "warehouse/schema_sql.h"

namespace deskhouse::pipeline {

namespace {
using Clock = std::chrono::steady_clock;
constexpr std::int64_t kRowsOfASmallRun = 100'000;
double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// One run from beginning to end; its members are what the steps share.
class BatchRun {
 public:
  BatchRun(const config::Config& config, Warehouse& warehouse, const RunOptions& options, const Observer& observer)
      : config_(config),
        warehouse_(warehouse),
        connection_(warehouse.connection),
        functions_(warehouse.database->functions()),
        options_(options),
        observer_(observer),
        contracts_(connection_, options.accept_columns) {}

  Result<RunReport> run() {
    const auto start = Clock::now();
    functions_.clear_sets();
    functions_.set_as_of(options_.as_of);
    DH_TRY(prepare());
    DH_ASSIGN(report_.run_id, begin_run(connection_, options_.kind, options_.as_of,
                                        options_.sources.size() == 1 ? options_.sources.front() : ""));
    if (observer_.begun) observer_.begun(report_.run_id);
    auto status = extract_all();
    if (status) status = publish();
    if (!status) {
      // What these two say is lost: the first error is the one to show.
      (void)forget_unpublished(connection_);
      (void)end_run(connection_, report_.run_id, "failed", status.error().message);
      warehouse_.has_leftovers = true;
      warehouse_.kept.clear();
      return std::unexpected(status.error());
    }
    report_.seconds = since(start);
    return std::move(report_);
  }

 private:
  Status prepare() {  // leaves nothing of a run that died, and reads what this one starts from
    DH_ASSIGN(checks_, load_checks(config_));
    report_.as_of = options_.as_of;
    report_.started_at = now();
    if (warehouse_.has_leftovers || !options_.feed) DH_TRY(drop_leftovers(connection_));
    warehouse_.has_leftovers = false;
    DH_TRY(create_version_events_table(connection_));
    DH_TRY(create_mark_events_table(connection_));
    DH_ASSIGN(const auto state, read_state(connection_));
    previous_as_of_ = state.as_of.value_or(options_.as_of);
    stored_fingerprint_ = state.config_fingerprint;
    waiting_ = state.waiting;
    leave_ = allowed(options_.leave, checks_);
    DH_ASSIGN(const auto imported, read_imported_sla(connection_));
    return use_sla(imported);
  }

  Status use_sla(const ImportedSla& imported) {
    imported_sla_ = imported;
    DH_TRY(use_imported_sla(config_, imported));
    functions_.set_policies(config_.sla);
    meaning_changed_ = stored_fingerprint_ != config_.fingerprint;
    return {};
  }

  // The policies that sources keep, as they are now.
  Status import_sla() {
    if (options_.kind != "run" || options_.goes_on) return {};
    ImportedSla imported;
    for (const auto& source : config_.sources) {
      if (!source.freshservice.use_sla_policies) continue;
      DH_ASSIGN(auto* opened, source_of(source));
      DH_ASSIGN(imported[source.name], opened->sla_toml());
    }
    return imported == imported_sla_ ? Status() : use_sla(imported);
  }

  Status extract_all() {
    if (options_.kind == "rebuild" || options_.drop) return {};
    Work work;
    if (options_.feed) {
      for (const auto& part : options_.feed->parts()) work.emplace_back(part.source, part.mapping);
    } else {
      DH_ASSIGN(work, work_of(connection_, config_, options_));
    }
    DH_ASSIGN(raw_connection_, warehouse_.database->connect());
    DH_TRY(import_sla());
    // Every mapping and every input is looked at before the first record is read: a mistake costs no time.
    std::vector<Opened> opened;
    for (const auto& [source, mapping] : work) {
      DH_ASSIGN(auto one, open(*source, *mapping));
      opened.push_back(std::move(one));
    }
    if (options_.cluster != nullptr)
      DH_TRY(prepare_on(*options_.cluster, report_.run_id, report_.started_at, opened,
                        [&](const auto& one) { return latest_update(one); }));
    for (auto& one : opened) DH_TRY(extract(one));
    DH_TRY(sweep_all(opened));
    opened.clear();
    sources_.clear();  // a server need not keep the snapshot while the run is published
    return {};
  }

  // One source for all its entities, so that they share what they read from.
  Result<sources::Source*> source_of(const config::SourceConfig& configured) {
    if (options_.feed) return &options_.feed->source();
    auto& source = sources_[&configured];
    if (!source) {
      if (!parquet_) parquet_ = warehouse::make_parquet_reader(*warehouse_.database);
      DH_ASSIGN(source, sources::make_source(configured, {.parquet = parquet_.get()}));
    }
    return source.get();
  }

  Result<Opened> open(const config::SourceConfig& source, const config::EntityMapping& mapping) {
    Opened one{&source, &mapping, &mapping, {}, {}, {}, {}};
    DH_ASSIGN(one.stager, make_stager(mapping));  // a mistake in the mapping is told before a server is asked
    if (const auto status =
            warehouse::check_conditions(connection_, *schema::find_entity(mapping.entity), mapping.row_conditions);
        !status)
      return fail(status.error().kind, fmt::format("deskhouse.toml:{}: {}.{}: {}", mapping.row_conditions_line,
                                                   mapping.source, mapping.entity, status.error().message));
    DH_ASSIGN(one.source, source_of(source));
    DH_TRY(apply_contract_to(one));
    sources::Since since;
    if (options_.period) {
      DH_ASSIGN(since, read_since_of(connection_, mapping, *options_.period));
    } else if (!options_.reread && !options_.feed) {
      DH_ASSIGN(since, read_since(connection_, mapping));
      since.goes_on = options_.goes_on;
    }
    DH_ASSIGN(one.reader, one.source->open(*one.mapping, one.stager->raw_columns(), since));
    if (const auto latest = latest_update(one)) one.stager->refuse_updates_after(*latest);
    if (options_.feed) one.prepared = options_.feed->prepared(*one.mapping);
    return one;
  }

  // The records of a replay were judged when they came; their columns are those of then.
  Status apply_contract_to(Opened& one) {
    std::optional<std::vector<sources::SourceColumn>> now;
    if (is_live()) {
      DH_ASSIGN(now, one.source->columns(*one.written));
    }
    DH_ASSIGN(one.mapping, contracts_.apply(*one.written, now));
    DH_ASSIGN(one.stager, make_stager(*one.mapping));
    return {};
  }
  Result<std::unique_ptr<staging::Stager>> make_stager(const config::EntityMapping& mapping) const {
    return options_.feed ? options_.feed->make_stager(mapping) : staging::make_stager(mapping, staging::Repeats::merge);
  }
  // Whether the records come from where they live; else from the quarantine, or from a stream that tells of it later.
  bool is_live() const { return options_.kind != "replay" && !options_.feed; }

  // The records of a replay come from files, which know no clock: ours judges those of a source that has a cursor.
  std::optional<Timestamp> latest_update(const Opened& one) const {
    if (const auto latest = one.reader->latest_update()) return latest;
    if (one.mapping->strategy == config::Strategy::full || options_.feed) return std::nullopt;
    return Timestamp{report_.started_at.us + one.mapping->overlap_seconds * kMicrosPerSecond};
  }

  // Forgets what an attempt left and opens the entity once more.
  Status reopen(Opened& one) {
    DH_TRY(forget_raw(*raw_connection_, report_.run_id, *one.mapping));
    one.reader.reset();  // before its successor: they may share a connection
    DH_ASSIGN(one, open(*one.configured, *one.written));
    return {};
  }

  Status extract(Opened& one) {
    const auto* entity = schema::find_entity(one.mapping->entity);
    // An empty table is replaced by the first load table of the run; the second source of an entity merges.
    bool bulk = false;
    if (leave_ != Leave::models) {
      DH_ASSIGN(const auto rows,
                connection_.scalar(fmt::format("select count(*) from (from operational.{} limit 1)", entity->name)));
      bulk = rows == 0 && bulk_entities_.insert(std::string(entity->name)).second;
    }
    const auto kind = bulk ? warehouse::Loader::Kind::bulk : warehouse::Loader::Kind::temporary;
    ExtractionContext context{connection_,
                              *raw_connection_,
                              functions_,
                              report_.run_id,
                              report_.started_at,
                              static_cast<std::size_t>(config_.batch_size),
                              static_cast<std::size_t>(config_.bulk_batch_size),
                              false,
                              is_judged(checks_, entity->name),
                              observer_.extracting};
    auto extraction = extract_patiently(context, one, *entity, kind);
    while (extraction) {
      context.careful |= extraction->must_be_careful;  // batch by batch, until the poisonous rows are alone
      if (!extraction->must_be_careful) {
        DH_ASSIGN(const bool is_known, !is_live() ? true : contracts_.knows_columns(*one.written, *extraction));
        if (is_known) break;
      }
      DH_TRY(reopen(one));
      extraction = extract_patiently(context, one, *entity, kind);
    }
    if (!extraction) return std::unexpected(extraction.error());
    one.reader.reset();
    if (observer_.extracted) observer_.extracted(*extraction);
    extraction->backfill = options_.period;
    extraction->is_fed = options_.feed;
    extractions_.push_back(*std::move(extraction));
    return {};
  }

  // After all is read, so that the lists are not older than the rows.
  Status sweep_all(const std::vector<Opened>& opened) {
    const SweepContext context{connection_, report_.started_at, options_.sweep, options_.accept_deletes,
                               observer_.extracting};
    sweeps_.resize(opened.size());
    for (std::size_t i = 0; i < opened.size(); ++i) {
      const auto& one = opened[i];
      if (options_.kind != "run") continue;
      DH_ASSIGN(sweeps_[i], sweep_if_due(context, *one.source, *one.mapping, extractions_[i]));
      report_.unfinished = report_.unfinished || sweeps_[i].goes_on();
      if (!sweeps_[i].message.empty()) report_.notices.push_back(sweeps_[i].message);
      report_.sweep_refused = report_.sweep_refused || !sweeps_[i].message.empty();
    }
    return {};
  }

  Result<Extraction> extract_patiently(ExtractionContext& context, Opened& one, const schema::TableInfo& entity,
                                       warehouse::Loader::Kind kind) {
    if (const auto prepared = std::exchange(one.prepared, std::nullopt)) {
      auto* rest = options_.feed ? one.reader.get() : nullptr;
      DH_ASSIGN(auto loaded, load_prepared(context, *prepared, rest, *one.stager, *one.mapping, entity, kind));
      if (loaded) return *std::move(loaded);
      if (rest != nullptr) DH_TRY(reopen(one));
    }
    return pipeline::extract_patiently(
        [&] { return run_extraction(context, *one.reader, *one.stager, *one.mapping, entity, kind); },
        [&] { return reopen(one); }, [&] { return one.source->may_recover(); },
        [&](const std::string& what) {
          if (observer_.recovering) observer_.recovering(what);
        });
  }

  void announce(const std::string& stage) const {
    if (observer_.publishing) observer_.publishing(stage);
  }

  Status publish() {
    fault_point("before_publish");
    std::optional<warehouse::OneThread> one_thread;
    if (is_small()) one_thread.emplace(connection_, options_.feed != nullptr);
    DH_TRY(warehouse_.database->fit_memory(connection_));
    DH_ASSIGN(auto transaction, warehouse::Transaction::begin(connection_));
    DH_ASSIGN(const auto all_models, models::load_models(config_.project));
    auto& places = warehouse_.database->places();
    DH_TRY(places.open(connection_));
    models::Runner runner(connection_, *warehouse_.database, all_models, model_settings(config_), options_.as_of,
                          previous_as_of_);
    runner.set_whole(options_.whole || meaning_changed_);
    announce("operational");
    DH_TRY(publish_operational(runner, all_models));
    fault_point("after_operational");
    const StageWatch building;
    DH_TRY(build(runner));
    fault_point("after_models");
    stages_.push_back(building.done("models", "all", 0, 0));
    // What models held lies free below what is still held: the checks' sets of keys would come on top of it.
    if (!is_small()) malloc_trim(0);
    DH_TRY(write_records());
    announce("checks");
    const StageWatch checking;
    DH_TRY(assess(
        {warehouse_, config_, runner, all_models, checks_, held_back_, options_.as_of, leave_, waiting_.checks_since},
        report_));
    stages_.push_back(checking.done("checks", "all", 0, report_.violations));
    DH_TRY(record_stages(connection_, report_.run_id, stages_));
    DH_TRY(end_run(connection_, report_.run_id, "succeeded", ""));
    DH_TRY(commit_run({connection_, places, report_.run_id, options_.drop != nullptr,
                       options_.feed != nullptr && is_small(), [&](const std::string& stage) { announce(stage); },
                       [&](std::string text) { report_.notices.push_back(std::move(text)); }},
                      transaction, one_thread));
    return bulk_entities_.empty() ? Status{} : drop_leftovers(connection_);
  }

  // The models follow, or what they need to follow later is kept.
  Status build(models::Runner& runner) {
    leaves_models_ = leave_ == Leave::models && can_keep(combined_);
    if (leaves_models_) return keep_replaced(connection_, combined_, waiting_, warehouse_.kept);
    if (waiting_.models_since > 0)
      DH_TRY(take_up_kept(connection_, warehouse_.database->places(), is_nothing(options_.feed), runner));
    DH_ASSIGN(report_.models, runner.run(report_.run_id, [&](const models::Model& m) { announce(m.name); }));
    return waiting_.models_since > 0 ? forget_kept(connection_, warehouse_.kept) : Status{};
  }

  // There is little of it, models follow it by what changed, and nothing is loaded whole.
  bool is_small() const {
    std::int64_t rows = 0;
    for (const auto& x : extractions_) rows += x.balance.extracted;
    return (options_.kind == "run" || options_.feed) && !options_.whole && !meaning_changed_ &&
           rows <= kRowsOfASmallRun && bulk_entities_.empty();
  }

  Status publish_operational(models::Runner& runner, const std::vector<models::Model>& all_models) {
    models::Delta events;
    bool events_added = false;
    Versions versions;
    if (options_.feed) {
      DH_ASSIGN(events_added, options_.feed->observe(connection_, report_.run_id, report_.started_at));
    }
    const BurialContext burial{connection_, *warehouse_.database, report_.run_id, report_.started_at, is_live()};
    Judge judge{connection_, functions_, runner, checks_, report_.run_id, report_.started_at};
    for (std::size_t i = 0; i < extractions_.size(); ++i) {
      auto& extraction = extractions_[i];
      const auto start = Clock::now();
      DH_TRY(quarantine_violators(judge, extraction));
      DH_ASSIGN(auto returned, find_returned(burial, extraction));
      DH_ASSIGN(auto published, publish_entity(connection_, *warehouse_.database, extraction, all_models));
      DH_ASSIGN(published.table,
                publish_marks(burial, extraction, sweeps_[i], std::move(returned), std::move(published.table)));
      fault_point("after_marks");
      extraction.publish_seconds = since(start);
      auto& balance = extraction.balance;
      if (options_.feed) options_.feed->correct(*extraction.mapping, balance);
      DH_ASSERT(balance.holds(), "extracted = loaded + unchanged + superseded + quarantined");
      report_.balances.push_back({extraction.mapping->source, extraction.mapping->entity, balance, sweeps_[i].deleted,
                                  sweeps_[i].returned, extraction.unavailable});
      report_.unfinished = report_.unfinished || extraction.unfinished;
      events_added = events_added || published.events_added;
      if (!published.versions.empty()) versions.more.push_back(std::move(published.versions));
      if (extraction.entity->name == "ticket_events")
        events = combine(events, published.table);
      else
        combined_[std::string(extraction.entity->name)] =
            combine(combined_[std::string(extraction.entity->name)], published.table);
    }
    if (events_added) {
      versions.all_are_new = combined_["tickets"].mode == models::Delta::Mode::whole;
      DH_ASSIGN(events, publish_version_events(connection_, *warehouse_.database, events, versions));
    }
    DH_ASSIGN(events, publish_mark_events(burial, std::move(events)));
    if (options_.drop) DH_TRY(take_out(connection_, warehouse_.database->places(), *options_.drop, report_.run_id));
    combined_["ticket_events"] = events;
    held_back_ = std::move(judge.violations);
    for (const auto& [entity, delta] : combined_) runner.set_delta("operational." + entity, delta);
    return {};
  }

  Status write_records() {
    DH_TRY(record_extractions(connection_, report_.run_id, extractions_));
    for (std::size_t i = 0; i < extractions_.size(); ++i) {
      DH_TRY(record_sweep(connection_, report_.run_id, extractions_[i], sweeps_[i], report_.started_at));
      DH_TRY(record_round(connection_, *extractions_[i].mapping, sweeps_[i]));
    }
    DH_TRY(record_calls(connection_, report_.run_id, extractions_));
    if (options_.cluster != nullptr)
      DH_TRY(record_cluster_batch(connection_, options_.cluster->batch(), options_.cluster->tasks(), report_.run_id));
    if (!options_.feed) DH_TRY(write_imported_sla(connection_, imported_sla_, report_.run_id));
    if (is_live()) DH_TRY(contracts_.record(report_.run_id, report_.notices));
    // The times of single models would be more than all else of a micro-batch.
    DH_TRY(options_.feed ? options_.feed->record(connection_, report_.run_id)
                         : record_models(connection_, report_.run_id, report_.models));
    if (leave_ == Leave::nothing)
      DH_TRY(purge_raw(connection_, report_.started_at, config_.staging_retention_seconds, report_.run_id));
    return write_state(connection_,
                       {report_.run_id, options_.as_of, config_.fingerprint, leave_ != Leave::nothing, leaves_models_},
                       waiting_);
  }

  config::Config config_;  // with the policies that sources keep
  Warehouse& warehouse_;
  warehouse::Connection& connection_;
  warehouse::FunctionContext& functions_;
  const RunOptions& options_;
  const Observer& observer_;
  RunReport report_;
  Timestamp previous_as_of_{};
  Waiting waiting_;
  Leave leave_ = Leave::nothing;
  bool leaves_models_ = false;
  std::string stored_fingerprint_;
  ImportedSla imported_sla_;
  bool meaning_changed_ = false;
  std::unique_ptr<sources::ParquetReader> parquet_;
  std::map<const config::SourceConfig*, std::unique_ptr<sources::Source>> sources_;  // outlive their readers
  std::optional<warehouse::Connection> raw_connection_;
  std::set<std::string> bulk_entities_;
  RunContracts contracts_;
  std::vector<Check> checks_;
  std::map<std::string, std::int64_t> held_back_;  // violations of records that went to quarantine, by check
  std::vector<Extraction> extractions_;
  std::vector<Stage> stages_;  // of the run as a whole
  std::vector<Sweep> sweeps_;  // parallel to extractions_
  std::map<std::string, models::Delta> combined_;
};

}  // namespace

Result<RunReport> run(const config::Config& config, Warehouse& warehouse, const RunOptions& options,
                      const Observer& observer) {
  if (options.leave != Leave::models && !is_nothing(options.feed))
    DH_TRY(settle_models(config, warehouse, options.as_of));
  return BatchRun(config, warehouse, options, observer).run();
}

}  // namespace deskhouse::pipeline
