// A connection to a MySQL or MariaDB server, and the one snapshot in which everything of a run is read. The only file
// that knows libmariadb.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/values.h"
#include "config/config.h"
#include "sources/mysql_values.h"
#include "sources/sql_server.h"
#include "sources/sql_window.h"

namespace deskhouse::sources {

// What was true on the server when the snapshot was taken.
struct MysqlSnapshot {
  std::string version;   // "10.11.6-MariaDB"
  std::string server;    // the server's own id; empty where it has none (MariaDB)
  std::string database;  // the one that names without a database are in; empty: none
  std::string user;      // `reader`@`%`, for GRANT
  ServerClocks clocks;
  // Whether the start of every transaction that may yet commit rows here was seen; if not, why.
  bool sees_all = false;
  std::string blind_because, to_see;
};

struct MysqlDescribed {
  std::string name;
  MysqlForm form = MysqlForm::text;
  std::string type;  // of date-times: timestamp, datetime or date; else of no use
};

// One thread at a time. Errors are sentences for users that name the source, the server and what to do; they never
// hold a password.
class MysqlSession {
 public:
  // Connects to nothing yet.
  explicit MysqlSession(const config::SourceConfig& source);
  ~MysqlSession();

  // Connected, and in a snapshot; does nothing if it is. After a lost connection: connects again, in a new snapshot.
  Status begin();
  // REQUIRES begin().
  const MysqlSnapshot& snapshot() const { return snapshot_; }

  // A prepared statement with bound `parameters`, its rows as text. `what`: what failed, for the message. REQUIRES that
  // no read is open.
  Result<SqlRows> query(const std::string& what, const std::string& sql,
                        const std::vector<std::string>& parameters = {});
  // Columns that a query would give; it is not executed.
  Result<std::vector<MysqlDescribed>> describe(const std::string& what, const std::string& sql);

  // Executes a SELECT whose rows the server sends as they are fetched. One at a time.
  Status start_read(const std::string& what, const std::string& sql);
  // The values of the next row as the server's texts, valid until the next call; data() == nullptr is NULL. Empty at
  // the end (a row has at least one value).
  Result<std::span<const std::string_view>> next_row();
  // Ends a read that was not read to its end; the snapshot stays. Does nothing without one.
  void abandon_read();

  bool may_recover() const { return may_recover_; }
  std::string shown() const;  // "MySQL at db1:3306", for messages

 private:
  struct Library;
  class Statement;
  bool is_connected() const;
  Status connect();
  void set_options();
  void watch_peer();
  Status prepare_session();
  Status look_around();
  Status take_snapshot();
  Status execute(const std::string& what, const std::string& sql);
  Status end_read(const std::string& what);
  Error failure(const std::string& what, unsigned code, std::string_view message);
  Error connect_failure(unsigned code, std::string_view message) const;
  Error with_name(std::string_view message) const { return name_.error(Error::Kind::source, message); }

  const SourceName name_;
  const config::Server server_;
  std::unique_ptr<Library> library_;
  MysqlSnapshot snapshot_;
  bool was_connected_ = false, may_recover_ = false;
  std::string reading_;  // what the open read is of; empty: none
  std::vector<std::string_view> row_;
};

}  // namespace deskhouse::sources
