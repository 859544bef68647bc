// What `deskhouse doctor` says about an entity of a MySQL or MariaDB server, beyond whether it can be read.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "sources/mysql_query.h"

namespace deskhouse::sources {

// REQUIRES session.begin().
Result<std::vector<Finding>> examine_relation(MysqlSession& session, const config::EntityMapping& entity,
                                              const MysqlRelation& relation, const std::optional<SqlCursor>& cursor,
                                              bool scans);

}  // namespace deskhouse::sources
