// What the numbers of MySQL's and MariaDB's errors mean to a run, and to the user.
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"

namespace deskhouse::sources {

// The connection is gone.
bool mysql_is_lost(unsigned code);
// The condition passes by itself, and reading again from the start, in a new snapshot, may help: too many connections,
// a shutdown, a lock, a table that was altered after the snapshot.
bool mysql_passes(unsigned code);
// A name that a statement of ours has is not there: after the snapshot it was dropped or renamed.
bool mysql_is_altered(unsigned code);
// A missing right.
bool mysql_is_denied(unsigned code);
// One sentence: what to do about a connection that failed.
std::string mysql_connect_advice(unsigned code, std::string_view message, const config::Server& server);

}  // namespace deskhouse::sources
