// Looks for records that a source has no more: lists the ids of all that exist and calls the roll of those that we know
// (docs/decisions/0023-deletes-are-observations.md). Reads only; what was found is published with the run
// (tombstones.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "pipeline/extraction.h"
#include "sources/source.h"
#include "warehouse/database.h"

namespace deskhouse::pipeline {

// One line of meta.sweeps.
struct Sweep {
  enum class Status {
    none,     // there was no search, but records came back
    swept,    // the list was whole and believed
    partly,   // so were lists of some: those that the run read, or a part of a round (sweep_parts.h)
    refused,  // it was whole, and looked wrong
    failed,   // it was not whole
  };
  Status status = Status::none;
  std::string message;  // of refused and failed: what, and what to do
  std::int64_t known = 0, listed = 0;
  std::int64_t deleted = 0, returned = 0;
  double seconds = 0;
  std::vector<std::int64_t> missing;  // keys of records that are gone; only of swept and partly
  std::vector<std::int64_t> present;  // keys of records that were taken for deleted and are there
  // Of an entity that hangs on others: the lists of all that it hangs on, read part by part.
  struct Round {
    Timestamp started_at;
    std::string after;      // in the order of their ids, the last whose list was read
    bool is_asked = false;  // run --sweep: the next run goes on at once; else when its time comes
    bool is_done = false;
  };
  std::optional<Round> round = {};
  bool goes_on() const { return round && round->is_asked && !round->is_done && status == Status::partly; }
};
std::string_view to_string(Sweep::Status status);

struct SweepContext {
  warehouse::Connection& connection;
  Timestamp now;                // the run's start
  bool asked = false;           // run --sweep: whatever is due
  bool accept_deletes = false;  // believe any list
  std::function<void(const ExtractionProgress&)> on_progress;
};

// Whether the entity is to be swept in this run: asked for, or its interval is over. Never where it says never.
Result<bool> sweep_is_due(const SweepContext& context, const config::EntityMapping& mapping);

// REQUIRES that all entities of the run were read and nothing of it is published. The extraction is the list itself
// where it read all records (Strategy::full, Source::full_read_lists_keys); else the source is asked. Only a broken
// warehouse is an error: what goes wrong with the list is in the result, and the run's rows are right without it.
Result<Sweep> sweep(const SweepContext& context, sources::Source& source, const config::EntityMapping& mapping,
                    const Extraction& extraction);

// What a user is told of a list that is not believed, and why.
std::string refused_message(const config::EntityMapping& mapping, std::string_view doubt);

}  // namespace deskhouse::pipeline
