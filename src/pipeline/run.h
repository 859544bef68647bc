// A batch run: extract every entity of every source, publish all of it in one transaction. Readers see whole runs only;
// a run that dies leaves the warehouse as it was, and the next run starts over.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/config.h"
#include "models/runner.h"
#include "pipeline/extraction.h"
#include "pipeline/feed.h"
#include "warehouse/database.h"

namespace deskhouse::pipeline {

// What happens, as it happens, for a terminal or a log. Called from one thread at a time.
struct Observer {
  std::function<void(std::int64_t run_id)> begun;
  std::function<void(const ExtractionProgress&)> extracting;
  std::function<void(const Extraction&)> extracted;
  std::function<void(const std::string& what)> recovering;   // a source failed and is tried again
  std::function<void(const std::string& stage)> publishing;  // "operational", a model's name, "checks", "commit"
};

struct Drop;    // retention.h
class Cluster;  // cluster.h

// What a run leaves for a later one, which settles it: every run that leaves nothing does (docs/decisions/0050).
enum class Leave { nothing, checks, models };  // models: checks, too

struct RunOptions {
  Timestamp as_of{};                           // of everything that depends on now
  bool whole = false;                          // rebuild every model, whatever changed
  bool reread = false;                         // extract everything, whatever earlier runs read
  bool goes_on = false;                        // the run before ended unfinished, just now
  std::vector<std::string> only;               // entities to extract; empty: all
  std::string kind = "run";                    // run, rebuild, replay, backfill, retention, stream: meta.runs
  std::vector<std::string> sources = {};       // to read, by name; empty: all
  bool sweep = false;                          // look for deleted records now, whatever is due (sweep.h)
  bool accept_deletes = false;                 // whatever a sweep finds gone is
  bool accept_columns = false;                 // a frozen entity's columns are those that are there now (contract.h)
  std::optional<sources::Period> period = {};  // a backfill: extract what was created or updated then
  Feed* feed = nullptr;                        // read this instead of the sources
  Leave leave = Leave::nothing;                // of a feed of which another run follows soon
  const Drop* drop = nullptr;                  // read nothing, and drop these tickets
  Cluster* cluster = nullptr;                  // what it can read and stage, it does
};

struct RunReport {
  std::int64_t run_id = 0;
  Timestamp as_of{}, started_at{};
  double seconds = 0;
  struct Line {
    std::string source, entity;
    Balance balance;
    std::int64_t deleted = 0, returned = 0;  // records whose mark a sweep changed; not part of the balance
    std::string unavailable;                 // why the source did not give the entity; empty: it did
  };
  std::vector<Line> balances;
  // What somebody should know though the run succeeded: sweeps that were refused, columns that changed,
  // checks that could not run. A sentence each.
  std::vector<std::string> notices;
  bool sweep_refused = false;
  std::vector<models::Outcome> models;
  std::int64_t violations = 0;
  std::int64_t failed_checks = 0;
  // A source has more, which a next run reads at once (sources::Reader::unfinished); `deskhouse run` does so.
  bool unfinished = false;
  std::int64_t slices = 1;  // runs that this report is of; see add()
  // Takes in the report of the run that went on from this one.
  void add(RunReport&& next);
};

// The warehouse of a project, open for writing, with the core's settings applied.
struct Warehouse {
  std::shared_ptr<warehouse::Database> database;  // a server lends it to its commands
  warehouse::Connection connection;
  bool has_leftovers = true;        // there may be tables of a run that died
  std::set<std::string> kept = {};  // entities of which this process keeps what it replaced (unsettled.h)
};
Result<Warehouse> open_warehouse(const config::Config& config, bool read_only = false);

Result<RunReport> run(const config::Config& config, Warehouse& warehouse, const RunOptions& options,
                      const Observer& observer);

// The same, and as long as a source has more (RunReport::unfinished) the runs that go on from it, as of what
// `next_as_of` says; none: stop here.
Result<RunReport> run_to_end(const config::Config& config, Warehouse& warehouse, const RunOptions& options,
                             const Observer& observer, const std::function<std::optional<Timestamp>()>& next_as_of);

// Recomputes every model from the operational layer, as of the last run.
Result<RunReport> rebuild(const config::Config& config, Warehouse& warehouse, const Observer& observer);

// Values for {{setting name}} in models (docs/models.md).
std::map<std::string, std::string> model_settings(const config::Config& config);

}  // namespace deskhouse::pipeline
