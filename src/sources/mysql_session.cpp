#include "sources/mysql_session.h"

#include <fmt/format.h>
#include <mariadb/errmsg.h>
#include <mariadb/mysql.h>
#include <mariadb/mysqld_error.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <utility>

#include "sources/mysql_errors.h"

namespace deskhouse::sources {
namespace {

constexpr std::size_t kMostText = 4096;  // of a value of query(): names and numbers

std::string_view text_of(const char* text) {
  return text != nullptr ? text : "";
}

// An enum of the library's to our form.
MysqlDescribed described(const MYSQL_FIELD& field) {
  constexpr unsigned kBinaryCharset = 63;
  MysqlDescribed column{.name = field.name, .type = {}};
  const auto form_is = [&](const char* type) {
    column.type = type;
    column.form = mysql_form(type);
  };
  switch (field.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
      form_is("bigint");
      break;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
      form_is("decimal");
      break;
    case MYSQL_TYPE_FLOAT:
      form_is("float");
      break;
    case MYSQL_TYPE_DOUBLE:
      form_is("double");
      break;
    case MYSQL_TYPE_BIT:
      form_is("bit");
      break;
    case MYSQL_TYPE_TIME:
      form_is("time");
      break;
    case MYSQL_TYPE_TIMESTAMP:
      form_is("timestamp");
      break;
    case MYSQL_TYPE_DATETIME:
      form_is("datetime");
      break;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
      form_is("date");
      break;
    case MYSQL_TYPE_GEOMETRY:
      form_is("geometry");
      break;
    case MYSQL_TYPE_JSON:
      form_is("json");
      break;
    default:
      form_is(field.charsetnr == kBinaryCharset ? "blob" : "text");
  }
  return column;
}

}  // namespace

struct MysqlSession::Library {
  MYSQL* connection = nullptr;
  MYSQL_RES* result = nullptr;  // of the open read

  Library() = default;
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() { close(); }
  void close() {
    // A result that is not at its end would be read to it; closing the socket first spares that.
    if (result != nullptr && connection != nullptr) ::shutdown(mysql_get_socket(connection), SHUT_RDWR);
    if (result != nullptr) mysql_free_result(result);
    if (connection != nullptr) mysql_close(connection);
    result = nullptr;
    connection = nullptr;
  }
};

// A prepared statement.
class MysqlSession::Statement {
 public:
  explicit Statement(MYSQL* connection) : statement_(mysql_stmt_init(connection)) {
    DH_ASSERT(statement_ != nullptr, "there is memory for a statement");
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { mysql_stmt_close(statement_); }

  unsigned code() const { return mysql_stmt_errno(statement_); }
  std::string message() const {
    return is_cut_ ? fmt::format("a value of more than {} bytes", kMostText) : mysql_stmt_error(statement_);
  }
  bool prepare(const std::string& sql) { return mysql_stmt_prepare(statement_, sql.data(), sql.size()) == 0; }

  std::vector<MysqlDescribed> columns() {
    std::vector<MysqlDescribed> columns;
    MYSQL_RES* const fields = mysql_stmt_result_metadata(statement_);
    for (unsigned i = 0; fields != nullptr && i < mysql_num_fields(fields); ++i)
      columns.push_back(described(mysql_fetch_field_direct(fields, i)[0]));
    if (fields != nullptr) mysql_free_result(fields);
    return columns;
  }

  // False if it fails. REQUIRES as many parameters as the statement has.
  bool execute(const std::vector<std::string>& parameters) {
    DH_ASSERT(parameters.size() == mysql_stmt_param_count(statement_), "a value for each ? of the statement");
    std::vector<MYSQL_BIND> binds(parameters.size());
    for (std::size_t i = 0; i < binds.size(); ++i) {
      binds[i].buffer_type = MYSQL_TYPE_STRING;
      binds[i].buffer = const_cast<char*>(parameters[i].data());  // NOLINT: the library only reads it
      binds[i].buffer_length = parameters[i].size();
    }
    return (binds.empty() || mysql_stmt_bind_param(statement_, binds.data()) == 0) &&
           mysql_stmt_execute(statement_) == 0;
  }

  bool fetch(SqlRows& rows) {
    const std::size_t count = mysql_stmt_field_count(statement_);
    if (count == 0) return true;
    std::vector<std::array<char, kMostText>> texts(count);
    std::vector<unsigned long> sizes(count);
    std::vector<my_bool> nulls(count);
    std::vector<MYSQL_BIND> binds(count);
    for (std::size_t i = 0; i < count; ++i) {
      binds[i].buffer_type = MYSQL_TYPE_STRING;
      binds[i].buffer = texts[i].data();
      binds[i].buffer_length = kMostText;
      binds[i].length = &sizes[i];
      binds[i].is_null = &nulls[i];
    }
    if (mysql_stmt_bind_result(statement_, binds.data()) != 0 || mysql_stmt_store_result(statement_) != 0) return false;
    int state = 0;
    while ((state = mysql_stmt_fetch(statement_)) == 0) {
      auto& row = rows.rows.emplace_back();
      for (std::size_t i = 0; i < count; ++i) {
        if (nulls[i] != 0)
          row.emplace_back();
        else
          row.emplace_back(std::string(texts[i].data(), sizes[i]));
      }
    }
    is_cut_ = state == MYSQL_DATA_TRUNCATED;
    return state == MYSQL_NO_DATA;
  }

 private:
  MYSQL_STMT* statement_;
  bool is_cut_ = false;
};

MysqlSession::MysqlSession(const config::SourceConfig& source)
    : name_{source.name, source.line}, server_(source.server), library_(std::make_unique<Library>()) {}

MysqlSession::~MysqlSession() = default;

bool MysqlSession::is_connected() const {
  return library_->connection != nullptr;
}

std::string MysqlSession::shown() const {
  const auto* product = snapshot_.version.find("MariaDB") == std::string::npos ? "MySQL" : "MariaDB";
  if (library_->connection == nullptr) return product;
  const char* host = library_->connection->host;
  const char* socket = library_->connection->unix_socket;
  if (socket != nullptr && *socket != 0) return fmt::format("{} at {}", product, socket);
  return fmt::format("{} at {}:{}", product, text_of(host), library_->connection->port);
}

Error MysqlSession::connect_failure(unsigned code, std::string_view message) const {
  // The library does not say whether an option file has such a group.
  const auto group =
      server_.service.empty()
          ? std::string()
          : fmt::format("; or correct service, if no option file has a group [{}] that says it", server_.service);
  return with_name(fmt::format("cannot connect to MySQL: {}. {}{}", one_line(message),
                               mysql_connect_advice(code, message, server_), group));
}

// What must be known before the library connects.
void MysqlSession::set_options() {
  MYSQL* const connection = library_->connection;
  const unsigned seconds = 10;
  const my_bool off = 0, on = 1;
  mysql_options(connection, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
  mysql_options(connection, MYSQL_OPT_RECONNECT, &off);     // behind our back, it would lose the snapshot
  mysql_options(connection, MYSQL_OPT_LOCAL_INFILE, &off);  // a server must not ask for our files
  mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  mysql_optionsv(connection, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "deskhouse");
  if (!server_.service.empty()) mysql_options(connection, MYSQL_READ_DEFAULT_GROUP, server_.service.c_str());
  const bool is_socket = server_.host.starts_with('/');
  if (server_.port > 0 && !is_socket) {  // the library takes localhost for the socket, whatever the port
    const unsigned tcp = MYSQL_PROTOCOL_TCP;
    mysql_options(connection, MYSQL_OPT_PROTOCOL, &tcp);
  }
  // With a file of certificates the library looks at the server's, and with VERIFY_SERVER_CERT also at its name.
  const auto mode = server_.sslmode.empty() ? std::string_view(is_socket ? "disable" : "prefer") : server_.sslmode;
  const bool proves = mode == "verify-full";
  if (mode != "disable") {
    if (const auto file = path_of(server_, server_.sslrootcert); !file.empty())
      mysql_options(connection, MYSQL_OPT_SSL_CA, file.c_str());
    mysql_options(connection, MYSQL_OPT_SSL_ENFORCE, &on);
    mysql_options(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, proves ? &on : &off);
  }
  // Whoever answers could ask for the password in clear text.
  if (!proves && !is_socket)
    mysql_options(connection, MARIADB_OPT_RESTRICTED_AUTH,
                  "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,parsec");
}

// A server that vanished is noticed within a minute.
void MysqlSession::watch_peer() {
  const auto socket = mysql_get_socket(library_->connection);
  const int on = 1, idle = 30, interval = 10, count = 3;
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

Status MysqlSession::connect() {
  [[maybe_unused]] static const int initialised = mysql_library_init(0, nullptr, nullptr);
  const auto secret = read_password(server_, "user");
  if (!secret) return std::unexpected(with_name(secret.error().message));
  library_->close();
  library_->connection = mysql_init(nullptr);
  DH_ASSERT(library_->connection != nullptr, "there is memory for a connection");
  set_options();
  const auto given = [](const std::string& value) { return value.empty() ? nullptr : value.c_str(); };
  const bool is_socket = server_.host.starts_with('/');
  MYSQL* const connection = library_->connection;
  const auto fails = [&](unsigned code, std::string_view message) {
    may_recover_ = was_connected_;  // it was there before in this run
    auto error = connect_failure(code, message);
    library_->close();
    return std::unexpected(std::move(error));
  };
  if (mysql_real_connect(connection, is_socket ? nullptr : given(server_.host), given(server_.user), given(*secret),
                         given(server_.dbname), static_cast<unsigned>(server_.port),
                         is_socket ? server_.host.c_str() : nullptr, 0) == nullptr)
    return fails(mysql_errno(connection), mysql_error(connection));
  // The library goes on without encryption if the server has none.
  const bool encrypts = server_.sslmode == "require" || server_.sslmode.starts_with("verify");
  if (encrypts && mysql_get_ssl_cipher(connection) == nullptr)
    return fails(CR_SSL_CONNECTION_ERROR, "the server does not encrypt connections");
  if (mysql_set_character_set(connection, "utf8mb4") != 0)  // an option file may have said otherwise
    return fails(mysql_errno(connection), mysql_error(connection));
  watch_peer();
  return {};
}

Error MysqlSession::failure(const std::string& what, unsigned code, std::string_view message) {
  const bool lost = mysql_is_lost(code);
  may_recover_ = lost || mysql_passes(code);
  const auto text = one_line(message);
  if (lost) {
    auto error = with_name(fmt::format(
        "{}: the connection to {} was lost: {}. Run again when the server can be reached", what, shown(), text));
    library_->close();
    return error;
  }
  auto error = mysql_is_denied(code)
                   ? with_name(fmt::format("{}: the user {} lacks a right: {}. Grant it: GRANT SELECT ON ... TO {}",
                                           what, snapshot_.user, text, snapshot_.user))
                   : with_name(fmt::format("{}: {} answers: {}", what, shown(), text));
  if (may_recover_) library_->close();  // its snapshot is gone, or too old for a table that was altered
  return error;
}

Status MysqlSession::execute(const std::string& what, const std::string& sql) {
  MYSQL* const connection = library_->connection;
  if (mysql_real_query(connection, sql.data(), sql.size()) != 0)
    return std::unexpected(failure(what, mysql_errno(connection), mysql_error(connection)));
  return {};
}

Result<SqlRows> MysqlSession::query(const std::string& what, const std::string& sql,
                                    const std::vector<std::string>& parameters) {
  DH_ASSERT(reading_.empty(), "one thing at a time on a connection");
  std::pair<unsigned, std::string> fault;
  {
    Statement statement(library_->connection);
    SqlRows rows;
    if (statement.prepare(sql) && statement.execute(parameters) && statement.fetch(rows)) return rows;
    fault = {statement.code(), statement.message()};
  }
  return std::unexpected(failure(what, fault.first, fault.second));
}

Result<std::vector<MysqlDescribed>> MysqlSession::describe(const std::string& what, const std::string& sql) {
  std::pair<unsigned, std::string> fault;
  {
    Statement statement(library_->connection);
    if (statement.prepare(sql)) return statement.columns();
    fault = {statement.code(), statement.message()};
  }
  return std::unexpected(failure(what, fault.first, fault.second));
}

Status MysqlSession::begin() {
  if (library_->connection != nullptr) return {};
  may_recover_ = false;
  auto status = connect();
  if (status) status = prepare_session();
  if (status) status = look_around();  // before the snapshot: a transaction that ends between the two is in it
  if (status) status = take_snapshot();
  if (!status) library_->close();  // or it would pass for one with a snapshot
  was_connected_ |= status.has_value();
  return status;
}

Status MysqlSession::start_read(const std::string& what, const std::string& sql) {
  DH_ASSERT(reading_.empty(), "one read at a time on a connection");
  // Rolling back to it gives the table's lock back, so that nobody waits for it while the rest is read.
  DH_TRY(execute(what, "savepoint before_read"));
  MYSQL* const connection = library_->connection;
  if (mysql_real_query(connection, sql.data(), sql.size()) != 0) {
    const auto code = mysql_errno(connection);
    auto error = failure(what, code, mysql_error(connection));
    if (mysql_is_altered(code)) {  // it was there when the entity was opened
      may_recover_ = true;
      library_->close();
    }
    return std::unexpected(std::move(error));
  }
  library_->result = mysql_use_result(connection);
  if (library_->result == nullptr)
    return std::unexpected(failure(what, mysql_errno(connection), mysql_error(connection)));
  reading_ = what;
  row_.resize(mysql_num_fields(library_->result));
  return {};
}

Result<std::span<const std::string_view>> MysqlSession::next_row() {
  DH_ASSERT(!reading_.empty(), "a read is open");
  const MYSQL_ROW row = mysql_fetch_row(library_->result);
  if (row == nullptr) {
    const auto what = std::exchange(reading_, "");
    // The end and an error look the same but for this.
    if (const auto code = mysql_errno(library_->connection); code != 0) {
      auto error = failure(what, code, mysql_error(library_->connection));
      library_->close();  // whatever is left of the transaction is of no use
      return std::unexpected(std::move(error));
    }
    DH_TRY(end_read(what));
    return std::span<const std::string_view>();
  }
  const unsigned long* const sizes = mysql_fetch_lengths(library_->result);
  for (std::size_t i = 0; i < row_.size(); ++i)
    row_[i] = row[i] == nullptr ? std::string_view() : std::string_view(row[i], sizes[i]);
  return std::span<const std::string_view>(row_);
}

Status MysqlSession::end_read(const std::string& what) {
  mysql_free_result(std::exchange(library_->result, nullptr));
  return execute(what, "rollback to savepoint before_read");
}

void MysqlSession::abandon_read() {
  if (reading_.empty()) return;
  const auto what = std::exchange(reading_, "");
  // The rest of the rows would have to be read; a second connection stops the statement, and the snapshot stays.
  MysqlSession other({.name = name_.name, .type = "mysql", .server = server_, .entities = {}, .line = name_.line});
  const auto number = mysql_thread_id(library_->connection);
  if (!other.connect() || !other.execute(what, fmt::format("kill query {}", number))) return library_->close();
  mysql_free_result(std::exchange(library_->result, nullptr));
  (void)execute(what, "do 0");  // met by a kill that came after the last row
  if (library_->connection == nullptr) return;
  if (!execute(what, "rollback to savepoint before_read")) library_->close();  // the next begin() connects anew
}

}  // namespace deskhouse::sources
