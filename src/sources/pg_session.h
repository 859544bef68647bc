// A connection to a PostgreSQL server, and the one snapshot in which everything of a run is read. The only file that
// knows libpq.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/values.h"
#include "config/config.h"
#include "sources/sql_server.h"
#include "sources/sql_window.h"

namespace deskhouse::sources {

// What was true on the server when the snapshot was taken.
struct PgSnapshot {
  int server_version = 0;  // 150003
  std::uint64_t xmin = 0;  // the oldest transaction that was in progress; those before it were over
  std::uint64_t xmax = 0;  // the first transaction that had not begun to write
  std::string database;    // its object id
  std::string user;
  ServerClocks clocks;
  bool sees_all = false;     // may see the start of everybody's transactions; never on a standby
  bool checks_text = false;  // the server does not know its encoding: text may be anything
};

struct PgDescribed {
  std::string name;
  std::uint32_t type = 0;  // object id
};

// One thread at a time. Errors are sentences for users that name the source, the server and what to do; they never
// hold a password.
class PgSession {
 public:
  // Connects to nothing yet.
  explicit PgSession(const config::SourceConfig& source);
  ~PgSession();

  // Connected, and in a snapshot; does nothing if it is. After a lost connection: connects again, in a new snapshot.
  Status begin();
  // REQUIRES begin().
  const PgSnapshot& snapshot() const { return snapshot_; }
  // Which snapshot it is: 1 for the first.
  int generation() const { return generation_; }

  // `state` if not null gets the SQLSTATE of a failure. `what`: what failed, for the message.
  Result<SqlRows> query(const std::string& what, const std::string& sql,
                        const std::vector<std::string>& parameters = {}, std::string* state = nullptr);
  // Columns that a query would give.
  Result<std::vector<PgDescribed>> describe(const std::string& what, const std::string& sql,
                                            std::string* state = nullptr);

  // Before start_copy(): the columns that the statement gives now, which may be others than the snapshot's catalogue
  // tells. What it names is locked against ALTER until the snapshot ends. Fails like altered() where something that it
  // names is gone.
  Result<std::vector<PgDescribed>> lock(const std::string& what, const std::string& sql);
  // COPY (sql) TO STDOUT in binary form. One at a time.
  Status start_copy(const std::string& what, const std::string& sql);
  // The bytes of one message, valid until the next call; nullopt at the end. There it fails like altered() if a table
  // was rewritten or made anew after the snapshot, in which it then looks empty.
  Result<std::optional<std::string_view>> next_message();
  // Ends the snapshot, which is too old for a table; reading again in a new one helps.
  Error altered(const std::string& what);
  // Ends a COPY that was not read to its end; the snapshot stays. Does nothing without one.
  void abandon_copy();

  bool may_recover() const { return may_recover_; }
  std::string shown() const;  // "PostgreSQL at db1:5432", for messages

 private:
  struct Libpq;
  Status connect();
  Status look_around();
  Status take_snapshot();
  Status look_for_rewritten(const std::string& what);
  Error failure(const std::string& what, std::string_view state, std::string_view message);
  Error connect_failure(std::string_view message) const;
  Error with_name(std::string_view message) const { return name_.error(Error::Kind::source, message); }

  const SourceName name_;
  const config::Server server_;
  std::unique_ptr<Libpq> libpq_;
  PgSnapshot snapshot_;
  int generation_ = 0;
  bool may_recover_ = false;
  std::string copying_;  // what the open COPY is of; empty: none
};

// Whether the source's dsn is one that the library understands, and holds no password: deskhouse.toml is no place for
// it.
Status check_dsn(const config::SourceConfig& source);

}  // namespace deskhouse::sources
