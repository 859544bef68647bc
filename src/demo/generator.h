// Writes a project folder for `deskhouse demo`: a help desk of a made-up company with all ten entities and
// the history of its tickets, known flaws included, deskhouse.toml, and truth.json, which says what a run
// must find. docs/demo-data.md describes it. The same options give the same bytes on every run and with any
// number of threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/result.h"
#include "base/values.h"

namespace deskhouse::demo {

struct Options {
  std::filesystem::path folder;   // made if missing; files of an earlier demo in it are replaced
  std::int64_t tickets = 20'000;  // 1 .. 100,000,000
  std::uint64_t seed = 1;
  std::int64_t years = 3;                             // 1 .. 10, ending at `end`
  Timestamp end{1'767'225'600LL * kMicrosPerSecond};  // 2026-01-01T00:00:00Z; a whole hour
  bool flaws = true;                                  // false: every row loads, nothing is superseded by a flaw
  int threads = 2;                                    // 1 .. 64
  std::function<void(double)> progress;  // share done, 0..1; called from worker threads, one call at a time
};

// A second delivery of the same help desk, for incremental runs: what changed in the day after `base.end`.
// Written to base.folder/delta with a deskhouse.toml of its own that loads into the base's warehouse; the
// base's files need not exist.
struct DeltaOptions {
  Options base;               // the options that the base was generated with
  std::int64_t changed = -1;  // tickets of the base that change; -1: 1 % of them
  std::int64_t added = -1;    // new tickets; -1: 0.1 %
};

struct Summary {
  std::int64_t tickets = 0;  // distinct tickets written
  std::int64_t rows = 0;     // of all files, headers not counted
  std::int64_t bytes = 0;    // of all data files
};

// Fails with kind usage on options out of range, with kind io on a folder or file that cannot be written.
Result<Summary> generate(const Options& options);
Result<Summary> generate_delta(const DeltaOptions& options);

}  // namespace deskhouse::demo
