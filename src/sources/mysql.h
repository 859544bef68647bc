// The source "mysql": tables, views and queries of a MySQL (5.7 or later) or MariaDB (10.3 or later) server.
//
//   * All entities of a run are read in one snapshot; after a lost connection, the rest in a new one.
//   * The columns that are wanted are read, nothing else; rows come as they are read, values are the texts of
//     mysql_values.h. A binary value that is not UTF-8 is a defect of its record; geometry is refused.
//   * A row has no bytes of its own to keep: its raw record is a CSV record of the columns read, header() their names.
//   * What is new since the last run: mysql_query.h and docs/decisions/0019-mysql-goes-back-to-open-transactions.md.
#pragma once

#include <memory>

#include "base/result.h"
#include "config/config.h"
#include "sources/registry.h"
#include "sources/source.h"

namespace deskhouse::sources {

// Connects when the first entity is opened.
Result<std::unique_ptr<Source>> make_mysql_source(const config::SourceConfig& source, const SourceServices& services);

}  // namespace deskhouse::sources
