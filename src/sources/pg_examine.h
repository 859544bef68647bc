// What `deskhouse doctor` says about an entity of a PostgreSQL server, beyond whether it can be read.
#pragma once

#include <vector>

#include "base/result.h"
#include "sources/pg_query.h"

namespace deskhouse::sources {

// REQUIRES session.begin().
Result<std::vector<Finding>> examine_relation(PgSession& session, const config::EntityMapping& entity,
                                              const PgRelation& relation, const std::optional<SqlCursor>& cursor,
                                              bool scans);

}  // namespace deskhouse::sources
