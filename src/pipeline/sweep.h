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
    refused,  // it was whole, and looked wrong
    failed,   // it was not whole
  };
  Status status = Status::none;
  std::string message;  // of refused and failed: what, and what to do
  std::int64_t known = 0, listed = 0;
  std::int64_t deleted = 0, returned = 0;
  double seconds = 0;
  std::vector<std::int64_t> missing;  // keys of records that are gone; only of swept
  std::vector<std::int64_t> present;  // keys of records that were taken for deleted and are there
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

}  // namespace deskhouse::pipeline
