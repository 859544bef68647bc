// What micro-batches of a stream leave for a later run, where they leave their models (docs/decisions/0057): for each
// entity that they changed, the keys and the rows that these had before, in tables staging.unsettled_<entity>. They are
// written by the transaction that changes the rows, so any process can go on from there.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/runner.h"
#include "pipeline/checks.h"
#include "pipeline/run.h"

namespace deskhouse::pipeline {

// What waits: the first run of those whose checks, whose models have not followed; 0: nothing does.
struct Waiting {
  std::int64_t checks_since = 0, models_since = 0;
};

// What a run may leave that would leave `leave`: a check that guards models looks at them in each run.
Leave allowed(Leave leave, const std::vector<Check>& checks);

// meta.state as the runs before left it.
struct State {
  std::optional<Timestamp> as_of;  // none: nothing was published yet
  std::string config_fingerprint;
  Waiting waiting;
};
Result<State> read_state(warehouse::Connection& connection);

// What a run publishes, in meta.state.
struct NewState {
  std::int64_t run_id;
  Timestamp as_of;  // of the models, where they followed
  const std::string& config_fingerprint;
  bool leaves_checks, leaves_models;
};
Status write_state(warehouse::Connection& connection, const NewState& state, const Waiting& waiting);

// Keeps what a run replaced, of keys of which nothing is kept yet; `changes`: by entity. What is changed whole cannot
// be kept.
bool can_keep(const std::map<std::string, models::Delta>& changes);
// `kept`: the entities whose tables are there, for sure, if anything waits: whoever settles drops them.
Status keep_replaced(warehouse::Connection& connection, const std::map<std::string, models::Delta>& changes,
                     const Waiting& waiting, std::set<std::string>& kept);

// All that was kept becomes the runner's changes, if the run brings nothing of its own (`is_alone`); else the models
// are built whole. Then, when they have followed, it is forgotten.
Status take_up_kept(warehouse::Connection& connection, warehouse::Places& places, bool is_alone,
                    models::Runner& runner);
Status forget_kept(warehouse::Connection& connection, std::set<std::string>& kept);

// A run that brings nothing and leaves nothing, as of `as_of`.
Result<RunReport> settle(const config::Config& config, Warehouse& warehouse, Timestamp as_of);
bool is_nothing(const Feed* feed);  // that of settle()
// The same if models wait for it.
Status settle_models(const config::Config& config, Warehouse& warehouse, Timestamp as_of);
// The same, as of what is published. `open` may be null: then the warehouse is opened for this.
Status settle_models(const config::Config& config, Warehouse* open);

}  // namespace deskhouse::pipeline
