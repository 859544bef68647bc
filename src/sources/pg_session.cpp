#include "sources/pg_session.h"

#include <fmt/format.h>
#include <postgresql/libpq-fe.h>

#include <chrono>

#include "base/parse.h"

namespace deskhouse::sources {
namespace {

struct FreeResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, FreeResult>;

bool succeeded(const PGresult* result) {
  const auto status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_OUT;
}

std::string_view field_of(const PGresult* result, int field) {
  const char* text = result != nullptr ? PQresultErrorField(result, field) : nullptr;
  return text != nullptr ? text : "";
}

// Conditions that pass by themselves: connections, shutdown and start of the server, a conflict with the recovery of a
// standby, no free connection slot, a statement that an administrator stops (there is no timeout that could), a table
// that somebody alters for longer than we wait for its lock.
bool passes(std::string_view state) {
  return state.starts_with("08") || state.starts_with("57P") || state == "57014" || state == "40001" ||
         state == "53300" || state == "55P03";
}

// A statement was right and is not any more: what it names is not there, or of another type. No right is another
// matter.
bool is_about_names(std::string_view state) {
  return state.starts_with("42") && state != "42501";
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

struct PgSession::Libpq {
  PGconn* connection = nullptr;
  char* message = nullptr;  // of the COPY, from the library's allocator

  ~Libpq() { close(); }
  void free_message() {
    if (message != nullptr) PQfreemem(message);
    message = nullptr;
  }
  void close() {
    free_message();
    if (connection != nullptr) PQfinish(connection);
    connection = nullptr;
  }
};

PgSession::PgSession(const config::SourceConfig& source)
    : name_{source.name, source.line}, server_(source.server), libpq_(std::make_unique<Libpq>()) {}

PgSession::~PgSession() = default;

std::string PgSession::shown() const {
  if (libpq_->connection == nullptr) return "PostgreSQL";
  const char* host = PQhost(libpq_->connection);
  const char* port = PQport(libpq_->connection);
  return fmt::format("PostgreSQL at {}:{}", host != nullptr && *host != 0 ? host : "the local socket",
                     port != nullptr ? port : "");
}

Error PgSession::connect_failure(std::string_view message) const {
  const auto text = one_line(message);
  const auto user =
      std::string(libpq_->connection != nullptr && PQuser(libpq_->connection) != nullptr ? PQuser(libpq_->connection)
                                                                                         : server_.user.c_str());
  const auto database =
      std::string(libpq_->connection != nullptr && PQdb(libpq_->connection) != nullptr ? PQdb(libpq_->connection)
                                                                                       : server_.dbname.c_str());
  std::string to_do = "Check host, port and the other keys of the source";
  if (has(text, "password authentication failed"))
    to_do =
        fmt::format("The password of the role '{}' is wrong: correct what password_env or password_file gives", user);
  else if (has(text, "no password supplied"))
    to_do = fmt::format("Give the password of the role '{}' with password_env or password_file", user);
  else if (has(text, "could not translate host name"))
    to_do = "Correct the name of the host";
  else if (has(text, "Connection refused") || has(text, "No such file or directory"))
    to_do = "Start the server, or correct host and port";
  else if (has(text, "does not exist") && has(text, "database"))
    to_do = fmt::format("Correct dbname: there is no database '{}'", database);
  else if (has(text, "does not exist") && has(text, "role"))
    to_do = fmt::format("Correct user: there is no role '{}'", user);
  else if (has(text, "pg_hba.conf"))
    to_do = "Let the server accept this host and role (pg_hba.conf), or set sslmode";
  else if (has(text, "SSL") || has(text, "certificate"))
    to_do = "Correct sslmode and sslrootcert";
  else if (has(text, "timeout"))
    to_do = "Correct host and port, or let the network through";
  return with_name(fmt::format("cannot connect to PostgreSQL: {}. {}", text, to_do));
}

Status PgSession::connect() {
  const auto secret = read_password(server_, "role");
  if (!secret) return std::unexpected(with_name(secret.error().message));
  const auto port = server_.port > 0 ? std::to_string(server_.port) : std::string();
  const auto certificate = path_of(server_, server_.sslrootcert);
  std::vector<const char*> keys, values;
  const auto add = [&](const char* key, const std::string& value) {
    if (value.empty()) return;
    keys.push_back(key);
    values.push_back(value.c_str());
  };
  // The library takes the first dbname that looks like a connection string apart; later keys go before what it says.
  const std::string timeout = "10", idle = "30", interval = "10", count = "3", program = "deskhouse", encoding = "UTF8";
  if (server_.dsn.find("connect_timeout") == std::string::npos) add("connect_timeout", timeout);
  add("keepalives_idle", idle);  // a server that vanished is noticed within a minute
  add("keepalives_interval", interval);
  add("keepalives_count", count);
  add("fallback_application_name", program);
  add("dbname", server_.dsn);
  add("service", server_.service);
  add("host", server_.host);
  add("port", port);
  add("dbname", server_.dbname);
  add("user", server_.user);
  add("password", *secret);
  add("sslmode", server_.sslmode);
  add("sslrootcert", certificate);
  add("client_encoding", encoding);
  keys.push_back(nullptr);
  values.push_back(nullptr);
  libpq_->close();
  libpq_->connection = PQconnectdbParams(keys.data(), values.data(), server_.dsn.empty() ? 0 : 1);
  PQsetNoticeProcessor(
      libpq_->connection, [](void*, const char*) {}, nullptr);  // the library would print them
  if (PQstatus(libpq_->connection) == CONNECTION_OK) return {};
  may_recover_ = generation_ > 0;  // it was there before in this run
  auto error = connect_failure(PQerrorMessage(libpq_->connection));
  libpq_->close();
  return std::unexpected(std::move(error));
}

Error PgSession::failure(const std::string& what, std::string_view state, std::string_view message) {
  const bool lost = PQstatus(libpq_->connection) != CONNECTION_OK;
  may_recover_ = lost || passes(state);
  auto text = one_line(message);
  if (text.starts_with("ERROR:  ")) text.erase(0, 8);
  if (lost) {
    auto error = with_name(fmt::format(
        "{}: the connection to {} was lost: {}. Run again when the server can be reached", what, shown(), text));
    libpq_->close();
    return error;
  }
  auto error =
      state == "42501"
          ? with_name(fmt::format("{}: the role '{}' lacks a right: {}. Grant it: GRANT SELECT ON ... TO \"{}\"", what,
                                  PQuser(libpq_->connection), text, PQuser(libpq_->connection)))
          : with_name(fmt::format("{}: {} answers: {}", what, shown(), text));
  if (PQtransactionStatus(libpq_->connection) == PQTRANS_INERROR) libpq_->close();  // its snapshot is gone
  return error;
}

Result<SqlRows> PgSession::query(const std::string& what, const std::string& sql,
                                 const std::vector<std::string>& parameters, std::string* state) {
  std::vector<const char*> values;
  for (const auto& parameter : parameters) values.push_back(parameter.c_str());
  const PgResult result(PQexecParams(libpq_->connection, sql.c_str(), static_cast<int>(values.size()), nullptr,
                                     values.data(), nullptr, nullptr, 0));
  if (!succeeded(result.get())) {
    const auto code = field_of(result.get(), PG_DIAG_SQLSTATE);
    if (state != nullptr) *state = code;
    const auto message = field_of(result.get(), PG_DIAG_MESSAGE_PRIMARY);
    return std::unexpected(failure(what, code, message.empty() ? PQerrorMessage(libpq_->connection) : message));
  }
  SqlRows rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    auto& out = rows.rows.emplace_back();
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      if (PQgetisnull(result.get(), row, column) != 0)
        out.emplace_back();
      else
        out.emplace_back(PQgetvalue(result.get(), row, column));
    }
  }
  return rows;
}

Result<std::vector<PgDescribed>> PgSession::describe(const std::string& what, const std::string& sql,
                                                     std::string* state) {
  PgResult result(PQprepare(libpq_->connection, "", sql.c_str(), 0, nullptr));
  if (succeeded(result.get())) result.reset(PQdescribePrepared(libpq_->connection, ""));
  if (!succeeded(result.get())) {
    const auto code = field_of(result.get(), PG_DIAG_SQLSTATE);
    if (state != nullptr) *state = code;
    const auto message = field_of(result.get(), PG_DIAG_MESSAGE_PRIMARY);
    return std::unexpected(failure(what, code, message.empty() ? PQerrorMessage(libpq_->connection) : message));
  }
  std::vector<PgDescribed> columns;
  for (int i = 0; i < PQnfields(result.get()); ++i)
    columns.push_back({PQfname(result.get(), i), static_cast<std::uint32_t>(PQftype(result.get(), i))});
  return columns;
}

Status PgSession::begin() {
  if (libpq_->connection != nullptr && PQstatus(libpq_->connection) == CONNECTION_OK) return {};
  may_recover_ = false;
  DH_TRY(connect());
  DH_TRY(look_around());  // before the snapshot: a transaction that ends between the two is in the snapshot
  DH_TRY(take_snapshot());
  ++generation_;
  return {};
}

Status PgSession::look_around() {
  DH_ASSIGN(
      const auto others,
      query("looking for open transactions",
            "select (extract(epoch from least(min(xact_start) filter (where pid <> pg_backend_pid()), "
            "clock_timestamp())) * 1000000)::bigint, count(*) filter (where query = '<insufficient privilege>') > "
            "0 or pg_is_in_recovery() from pg_stat_activity where datname = current_database()"));
  snapshot_.clocks.oldest = Timestamp{parse_integer(others.text(0, 0)).value};
  snapshot_.sees_all = others.text(0, 1) == "f";
  return {};
}

Status PgSession::take_snapshot() {
  DH_TRY(query("beginning to read", "begin transaction isolation level repeatable read, read only"));
  // Texts that the server makes must not depend on its settings, and a long COPY must not meet a timeout meant for
  // people. All within the transaction: a connection pool may give the next one to another server process.
  DH_TRY(query("preparing the session",
               "select set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, YMD', true), "
               "set_config('intervalstyle', 'iso_8601', true), set_config('extra_float_digits', '1', true), "
               "set_config('bytea_output', 'hex', true), set_config('statement_timeout', '0', true), "
               "set_config('idle_in_transaction_session_timeout', '0', true), set_config('lock_timeout', '60s', true), "
               "set_config('synchronize_seqscans', 'off', true)"));
  const auto local = std::chrono::system_clock::now().time_since_epoch();
  DH_ASSIGN(const auto rows,
            query("taking a snapshot",
                  "select txid_snapshot_xmin(s), txid_snapshot_xmax(s), (extract(epoch from clock_timestamp()) * "
                  "1000000)::bigint, (select oid from pg_database where datname = current_database()), current_user, "
                  "current_setting('server_version_num'), current_setting('server_encoding') from "
                  "txid_current_snapshot() s"));
  snapshot_.xmin = static_cast<std::uint64_t>(parse_integer(rows.text(0, 0)).value);
  snapshot_.xmax = static_cast<std::uint64_t>(parse_integer(rows.text(0, 1)).value);
  snapshot_.clocks.clock = Timestamp{parse_integer(rows.text(0, 2)).value};
  snapshot_.clocks.local = Timestamp{std::chrono::duration_cast<std::chrono::microseconds>(local).count()};
  snapshot_.database = rows.text(0, 3);
  snapshot_.user = rows.text(0, 4);
  snapshot_.server_version = static_cast<int>(parse_integer(rows.text(0, 5)).value);
  snapshot_.checks_text = rows.text(0, 6) == "SQL_ASCII";
  return {};
}

Error PgSession::altered(const std::string& what) {
  may_recover_ = true;
  auto error = with_name(
      fmt::format("{}: what is read was altered on {} after the run took its snapshot. Run again", what, shown()));
  libpq_->close();
  return error;
}

Result<std::vector<PgDescribed>> PgSession::lock(const std::string& what, const std::string& sql) {
  std::string state;
  auto columns = describe(what, sql, &state);
  if (!columns && is_about_names(state)) return std::unexpected(altered(what));
  return columns;
}

// A table that ALTER or TRUNCATE writes anew has another file, and to older snapshots it is empty. The catalogue is
// read as of our snapshot, pg_relation_filenode() as of now; our locks keep both as they were while we read.
Status PgSession::look_for_rewritten(const std::string& what) {
  DH_ASSIGN(
      const auto rows,
      query(what,
            "select count(*) from pg_locks l left join pg_class c on c.oid = l.relation where l.locktype = "
            "'relation' and l.pid = pg_backend_pid() and l.database = (select oid from pg_database where datname = "
            "current_database()) and (c.oid is null or (c.oid >= 16384 and c.relkind in ('r', 'm') and "
            "c.relfilenode <> pg_relation_filenode(c.oid)))"));
  if (rows.text(0, 0) != "0") return std::unexpected(altered(what));
  return {};
}

Status PgSession::start_copy(const std::string& what, const std::string& sql) {
  DH_ASSERT(copying_.empty(), "one COPY at a time on a connection");
  // A COPY that is abandoned fails: behind the savepoint, so that the snapshot stays.
  DH_TRY(query(what, "savepoint before_copy"));
  const PgResult result(PQexec(libpq_->connection, fmt::format("copy ({}) to stdout (format binary)", sql).c_str()));
  if (PQresultStatus(result.get()) != PGRES_COPY_OUT) {
    const auto message = field_of(result.get(), PG_DIAG_MESSAGE_PRIMARY);
    return std::unexpected(failure(what, field_of(result.get(), PG_DIAG_SQLSTATE),
                                   message.empty() ? PQerrorMessage(libpq_->connection) : message));
  }
  copying_ = what;
  return {};
}

Result<std::optional<std::string_view>> PgSession::next_message() {
  libpq_->free_message();
  const int size = PQgetCopyData(libpq_->connection, &libpq_->message, 0);
  if (size > 0) return std::string_view(libpq_->message, static_cast<std::size_t>(size));
  const auto what = std::exchange(copying_, "");
  if (size < -1) return std::unexpected(failure(what, "", PQerrorMessage(libpq_->connection)));
  const PgResult result(PQgetResult(libpq_->connection));
  if (!succeeded(result.get())) {
    const auto message = field_of(result.get(), PG_DIAG_MESSAGE_PRIMARY);
    auto error = failure(what, field_of(result.get(), PG_DIAG_SQLSTATE),
                         message.empty() ? PQerrorMessage(libpq_->connection) : message);
    libpq_->close();  // whatever is left of the transaction is of no use
    return std::unexpected(std::move(error));
  }
  while (const PgResult rest{PQgetResult(libpq_->connection)}) {
  }
  DH_TRY(query(what, "release savepoint before_copy"));
  DH_TRY(look_for_rewritten(what));
  return std::nullopt;
}

void PgSession::abandon_copy() {
  if (copying_.empty()) return;
  copying_.clear();
  libpq_->free_message();
  if (libpq_->connection == nullptr) return;
  if (PGcancel* cancel = PQgetCancel(libpq_->connection)) {
    char ignored[256];
    PQcancel(cancel, ignored, sizeof ignored);
    PQfreeCancel(cancel);
  }
  for (char* rest = nullptr; PQgetCopyData(libpq_->connection, &rest, 0) > 0;) PQfreemem(rest);
  while (const PgResult result{PQgetResult(libpq_->connection)}) {
  }
  const PgResult back(PQexec(libpq_->connection, "rollback to savepoint before_copy; release savepoint before_copy"));
  if (!succeeded(back.get())) libpq_->close();  // the next begin() connects anew
}

Status check_dsn(const config::SourceConfig& source) {
  if (source.server.dsn.empty()) return {};
  const auto wrong = [&](std::string_view what) {
    return fail(Error::Kind::config,
                fmt::format("deskhouse.toml line {}: source '{}': {}", source.line, source.name, what));
  };
  char* message = nullptr;
  PQconninfoOption* const options = PQconninfoParse(source.server.dsn.c_str(), &message);
  const auto text = one_line(message != nullptr ? message : "");
  if (message != nullptr) PQfreemem(message);
  if (options == nullptr) return wrong(fmt::format("the dsn cannot be read: {}", text));
  bool has_password = false;
  for (const auto* option = options; option->keyword != nullptr; ++option)
    has_password |= option->val != nullptr && std::string_view(option->keyword) == "password";
  PQconninfoFree(options);
  if (has_password) return wrong("put the password of the dsn where password_env or password_file finds it");
  return {};
}

}  // namespace deskhouse::sources
