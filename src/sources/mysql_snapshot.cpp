// The part of a session that needs no library: what it asks the server before anything is read.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "sources/mysql_session.h"

namespace deskhouse::sources {
namespace {

// innodb_trx tells whole seconds, and what it tells may be a tenth of a second old.
constexpr std::int64_t kGrain = kMicrosPerSecond;
constexpr const char* kClock = "select timestampdiff(microsecond, '1970-01-01', utc_timestamp(6))";

}  // namespace

Status MysqlSession::prepare_session() {
  // Texts that the server makes must not depend on its settings, and a long read must not meet a timeout meant for
  // people: between two rows the server waits for us while we load.
  DH_TRY(execute("preparing the session",
                 "set session time_zone = '+00:00', sql_mode = '', sql_auto_is_null = 0, sql_big_selects = 1, "
                 "sql_select_limit = 18446744073709551615, net_write_timeout = 3600, wait_timeout = 28800, "
                 "lock_wait_timeout = 60"));
  // Limits that only one of the two products, or a newer version, knows.
  for (const auto* limit :
       {"max_statement_time", "idle_transaction_timeout", "idle_readonly_transaction_timeout", "max_execution_time"})
    if (const auto set = execute("preparing the session", fmt::format("set session {} = 0", limit));
        !set && !is_connected())
      return set;
  DH_ASSIGN(const auto who,
            query("preparing the session", "select version(), current_user(), coalesce(database(), '')"));
  snapshot_.version = who.text(0, 0);
  const auto& user = who.text(0, 1);
  const auto at = user.rfind('@');
  snapshot_.user = mysql_quoted(user.substr(0, at)) + "@" + mysql_quoted(user.substr(at + 1));
  snapshot_.database = who.text(0, 2);
  DH_ASSIGN(const auto variables,
            query("preparing the session",
                  "show variables where variable_name in ('server_uuid', 'wsrep_on', 'wsrep_provider')"));
  bool is_node = false;
  for (std::size_t i = 0; i < variables.rows.size(); ++i) {
    const auto& name = variables.text(i, 0);
    const auto& value = variables.text(i, 1);
    if (name == "server_uuid") snapshot_.server = value;
    if (name == "wsrep_on") is_node |= value == "ON";
  }
  for (std::size_t i = 0; i < variables.rows.size(); ++i)
    if (variables.text(i, 0) == "wsrep_provider") is_node &= variables.text(i, 1) != "none";
  snapshot_.blind_because = is_node ? "transactions that are open on other nodes of the cluster cannot be seen" : "";
  snapshot_.to_see = is_node ? "Write through this node only" : "";
  return {};
}

Status MysqlSession::look_around() {
  DH_ASSIGN(const auto clock, query("asking for the time", kClock));
  snapshot_.clocks.oldest = Timestamp{clock.integer(0, 0) - kGrain};
  const auto go_back_to = [&](Timestamp at) { snapshot_.clocks.oldest = std::min(snapshot_.clocks.oldest, at); };
  // First the statements, then the transactions: what was neither had ended, or begins later. A statement has its now()
  // from its beginning, and may wait for a lock before its transaction begins.
  DH_ASSIGN(const auto running,
            query("looking for running statements",
                  "select coalesce(max(case when command in ('Query', 'Execute') and user <> 'system user' then time "
                  "end), -1), coalesce(sum(user = 'system user' and command <> 'Daemon'), 0) from "
                  "information_schema.processlist where id <> connection_id()"));
  if (const auto seconds = running.integer(0, 0); seconds >= 0)
    go_back_to(Timestamp{clock.integer(0, 0) - (seconds + 1) * kMicrosPerSecond});
  if (running.integer(0, 1) > 0 && snapshot_.blind_because.empty()) {
    snapshot_.blind_because = "it is a replica, where transactions that are open on the primary cannot be seen";
    snapshot_.to_see = "Read the primary";
  }
  // trx_started is in the server's own zone, whatever that of the session. Near a change of its clocks the greater of
  // the two offsets is the earlier instant.
  const auto open = query(
      "looking for open transactions",
      "select coalesce(timestampdiff(microsecond, '1970-01-01', s), 0), s is null, coalesce(timestampdiff(second, "
      "utc_timestamp(), convert_tz(utc_timestamp(), '+00:00', 'SYSTEM')), 0), coalesce(timestampdiff(second, s - "
      "interval 1 day, convert_tz(s - interval 1 day, '+00:00', 'SYSTEM')), 0) from (select min(trx_started) as s from "
      "information_schema.innodb_trx where trx_mysql_thread_id <> connection_id()) as t");
  if (!open && !is_connected()) return std::unexpected(open.error());
  if (!open) {
    snapshot_.blind_because =
        fmt::format("the user {} lacks the right PROCESS and does not see which transactions are open", snapshot_.user);
    snapshot_.to_see = fmt::format("GRANT PROCESS ON *.* TO {}", snapshot_.user);
  } else if (open->integer(0, 1) == 0) {
    const auto offset = std::max(open->integer(0, 2), open->integer(0, 3)) * kMicrosPerSecond;
    go_back_to(Timestamp{open->integer(0, 0) - offset - kGrain});
  }
  snapshot_.sees_all = snapshot_.blind_because.empty();
  return {};
}

Status MysqlSession::take_snapshot() {
  DH_TRY(execute("beginning to read", "set transaction isolation level repeatable read"));
  DH_TRY(execute("beginning to read", "start transaction with consistent snapshot, read only"));
  const auto local = std::chrono::system_clock::now().time_since_epoch();
  DH_ASSIGN(const auto clock, query("asking for the time", kClock));
  snapshot_.clocks.clock = Timestamp{clock.integer(0, 0)};
  snapshot_.clocks.local = Timestamp{std::chrono::duration_cast<std::chrono::microseconds>(local).count()};
  return {};
}

}  // namespace deskhouse::sources
