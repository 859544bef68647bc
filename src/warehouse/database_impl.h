// What a Database and its Connections are made of, for the files of this room that need it.
#pragma once

#include <duckdb.h>

#include <map>

#include "config/location.h"
#include "warehouse/database.h"
#include "warehouse/functions.h"
#include "warehouse/lake.h"
#include "warehouse/lake_copy.h"
#include "warehouse/places.h"
#include "warehouse/spill_folder.h"

namespace deskhouse::warehouse {

struct Connection::Impl {
  duckdb_connection connection = nullptr;
  duckdb_database database = nullptr;            // which outlives it
  std::string path;                              // of the database
  std::int64_t threads = 0;                      // while OneThread lives: what it took away
  WriterLock* lock = nullptr;                    // of a lake that is written to
  std::recursive_mutex* writing = nullptr;       // of a lake
  std::shared_ptr<const std::int64_t> snapshot;  // that it reads; while it lives, the snapshot stays attached
  std::shared_ptr<const LakeCopy> copy;          // that it reads by, in one transaction
  std::unique_lock<std::recursive_mutex> turn() const {
    return writing ? std::unique_lock(*writing) : std::unique_lock<std::recursive_mutex>();
  }
};
struct Database::Impl {
  std::optional<SpillFolder> spill;  // ends after the engine
  duckdb_database database = nullptr;
  std::string path;
  std::int64_t fitted_limit = 0;  // bytes of memory; 0: somebody has set it
  bool is_lake = false;
  std::optional<config::Location> lake;
  std::mutex snapshots_mutex;                                           // of what follows
  std::map<std::int64_t, std::weak_ptr<const std::int64_t>> snapshots;  // that are attached
  std::mutex copy_mutex;                                                // of what follows
  int copies = 0;                                                       // that were made
  std::unique_ptr<WriterLock> lock;
  std::recursive_mutex writing;
  FunctionContext functions;
  std::unique_ptr<Places> places;
};

}  // namespace deskhouse::warehouse
