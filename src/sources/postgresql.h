// The source "postgresql": tables, views and queries of a PostgreSQL server (11 or later), read by COPY in binary form.
//
//   * All entities of a run are read in one snapshot; after a lost connection, the rest in a new one.
//   * The columns that are wanted are read, nothing else; values are the texts of pg_binary.h.
//   * A row has no bytes of its own to keep: its raw record is a CSV record of the columns read, header() their names.
//   * What is new since the last run: pg_query.h and docs/decisions/0018-postgresql-reads-what-changed.md.
#pragma once

#include <memory>

#include "base/result.h"
#include "config/config.h"
#include "sources/registry.h"
#include "sources/source.h"

namespace deskhouse::sources {

// Connects when the first entity is opened.
Result<std::unique_ptr<Source>> make_postgresql_source(const config::SourceConfig& source,
                                                       const SourceServices& services);

}  // namespace deskhouse::sources
