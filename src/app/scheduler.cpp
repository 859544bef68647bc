#include "app/scheduler.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/log.h"
#include "app/output.h"
#include "app/report.h"
#include "pipeline/imported_sla.h"
#include "pipeline/past_runs.h"
#include "pipeline/records.h"
#include "pipeline/upkeep.h"

namespace deskhouse::app {

namespace {

constexpr std::int64_t kTryAgain = kMicrosPerSecond;  // where somebody else has the warehouse

std::string summary(const pipeline::RunReport& report) {
  pipeline::Balance all;
  std::int64_t deleted = 0, returned = 0;
  for (const auto& line : report.balances) {
    all.extracted += line.balance.extracted;
    all.loaded += line.balance.loaded;
    all.quarantined += line.balance.quarantined;
    deleted += line.deleted;
    returned += line.returned;
  }
  return fmt::format("run {}: {} extracted, {} loaded, {} quarantined, {} deleted, {} returned, {:.2f} s",
                     report.run_id, grouped(all.extracted), grouped(all.loaded), grouped(all.quarantined),
                     grouped(deleted), grouped(returned), report.seconds);
}

}  // namespace

Status Scheduler::check() const {
  DH_ASSIGN(const auto config, config::load(globals_.folder()));
  if (config.sources.empty())
    return fail(Error::Kind::config,
                fmt::format("{} names no source, so there is nothing to read. Describe one: docs/config.md",
                            config.file.string()));
  return {};
}

Result<Project*> Scheduler::open(std::optional<Project>& own) {
  if (held_ == nullptr) {
    DH_ASSIGN(auto opened, open_project(globals_, false));
    return &own.emplace(std::move(opened));
  }
  DH_ASSIGN(auto config, config::load(globals_.folder()));
  DH_TRY(pipeline::use_imported_sla(config, held_->warehouse.connection, held_->warehouse.database->functions()));
  held_->config = std::move(config);
  return held_;
}

std::unique_lock<FairLock> Scheduler::alone() const {
  return hooks_.alone != nullptr ? std::unique_lock(*hooks_.alone) : std::unique_lock<FairLock>();
}

Status Scheduler::plan() {
  const auto lock = alone();
  std::optional<Project> own;
  DH_ASSIGN(auto* project, open(own));
  DH_ASSIGN(const auto past, pipeline::read_past_runs(project->warehouse.connection, project->config.sources));
  std::vector<pipeline::Job> jobs;
  for (const auto& source : project->config.sources)
    jobs.push_back({source.name, source.every_seconds * kMicrosPerSecond});
  planner_.set_jobs(jobs, past);
  must_plan_ = false;
  if (hooks_.reread) hooks_.reread();
  return {};
}

void Scheduler::tell_once(const std::string& what) {
  if (what != told_) log(Level::warning, what);
  told_ = what;
}

void Scheduler::run_until(const StopSignal& stop, ReloadSignal& reload) {
  // A look now and then: a reload may have emptied the plan, and a clock may be set back.
  constexpr std::int64_t kLongestWait = 60 * kMicrosPerSecond;
  Timestamp until{};
  while (!stop.wait(until, [&] { return reload.asked(); })) {
    if (reload.take()) {
      must_plan_ = true;
      if (hooks_.reloaded) hooks_.reloaded();
    }
    const bool had_plan = !planner_.empty();
    if (const auto planned = must_plan_ ? plan() : Status{}; !planned) {
      // A mistake in deskhouse.toml will not go away by itself: what was planned goes on, if anything was.
      must_plan_ = planned.error().kind != Error::Kind::config || !had_plan;
      tell_once((had_plan ? "the plan stays as it was: " : "there is no plan yet: ") +
                printable(planned.error().message));
    }
    if (held_ != nullptr) {
      const auto lock = alone();
      tidy_up_if_due(*held_);
    }
    const auto now = pipeline::now();
    if (const auto source = planner_.due(now); source && now >= free_at_) run(*source, stop);
    const Timestamp latest{pipeline::now().us + (must_plan_ ? kTryAgain : kLongestWait)};
    until = planner_.empty() ? latest : std::min(latest, std::max(planner_.next(), free_at_));
  }
}

// A lake, with the right to write.
void Scheduler::tidy_up_if_due(Project& project) {
  const auto now = pipeline::now();
  const auto due = pipeline::is_upkeep_due(project.config, project.warehouse, now);
  if (due && !*due) return;
  const auto done = due ? pipeline::tidy_up(project.config, project.warehouse, now) : std::unexpected(due.error());
  if (!done) return tell_once("the lake is not tidied up: " + printable(done.error().message));
  log(Level::info,
      fmt::format("the lake was tidied up: {} snapshots expired, {} files merged into {}, {} removed",
                  grouped(done->snapshots_expired), grouped(done->files_merged), grouped(done->files_written),
                  grouped(done->files_removed)),
      {{"snapshots_expired", done->snapshots_expired}, {"files_removed", done->files_removed}});
}

void Scheduler::run(const std::string& source, const StopSignal& stop) {
  run_alone(source, stop);
  if (hooks_.ended) hooks_.ended();
}

void Scheduler::run_alone(const std::string& source, const StopSignal& stop) {
  const auto lock = alone();
  const auto started = pipeline::now();
  std::optional<Project> own;
  const auto project = open(own);
  if (!project && project.error().kind != Error::Kind::config) {
    free_at_ = Timestamp{pipeline::now().us + kTryAgain};
    return tell_once(fmt::format("{} waits: {}", printable(source), printable(project.error().message)));
  }
  Progress progress(true);
  const auto report =
      project ? pipeline::run_to_end((*project)->config, (*project)->warehouse,
                                     {.as_of = started, .only = {}, .kind = "run", .sources = {source}},
                                     progress.observer(),
                                     [&] { return stop.asked() ? std::nullopt : std::optional(pipeline::now()); })
              : std::unexpected(project.error());
  if (report) {
    for (const auto& notice : report->notices)
      log(Level::warning, notice, {{"run_id", report->run_id}, {"source", source}});
    if (!globals_.quiet) {
      auto fields = fields_of(*report);
      fields.emplace_back("source", source);
      log(Level::info, fmt::format("{}: {}", source, summary(*report)), fields);
    }
    planner_.succeeded(source, started);
    told_.clear();
    if (hooks_.published) hooks_.published();
    tidy_up_if_due(**project);
    return;
  }
  planner_.failed(source, pipeline::now());
  const auto wait = (planner_.next_of(source).us - pipeline::now().us) / kMicrosPerSecond;
  log(Level::error,
      fmt::format("{}: {}; failure {} in a row, the next try is in {} s", source, report.error().message,
                  planner_.failures_of(source), wait),
      {{"source", source}, {"failures", std::int64_t{planner_.failures_of(source)}}, {"next_try_seconds", wait}});
}

}  // namespace deskhouse::app
