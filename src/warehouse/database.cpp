#include "warehouse/database.h"

#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "config/config.h"
#include "warehouse/database_impl.h"
#include "warehouse/engine_error.h"
#include "warehouse/memory_limit.h"

namespace deskhouse::warehouse {

namespace {

constexpr const char* kInMemory = ":memory:";

// "Could not set lock on file ... Conflicting lock is held in /path/deskhouse (PID 4711)" -> one sentence for users.
Error open_error(const std::string& path, std::string_view message) {
  if (message.find("Could not set lock") != std::string_view::npos) {
    std::string who = "another process";
    if (const auto pid = message.find("(PID "); pid != std::string_view::npos)
      who = fmt::format("process {}", message.substr(pid + 5, message.find(')', pid) - pid - 5));
    return {Error::Kind::busy, fmt::format("The warehouse {} is in use by {}: one process may write at a time. Wait "
                                           "until it ends (--wait 10m), or stop it.",
                                           path, who)};
  }
  auto error = engine_error(message, path, "");
  if (error.message == message) error.message = fmt::format("Cannot open the warehouse {}: {}", path, message);
  return error;
}

}  // namespace

Connection::Connection() : impl_(std::make_unique<Impl>()) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() {
  if (impl_ && impl_->connection) duckdb_disconnect(&impl_->connection);
}
void Connection::interrupt() {
  duckdb_interrupt(impl_->connection);
}
void* Connection::handle() const {
  return impl_->connection;
}
std::function<void()> Connection::interrupter() const {
  return [connection = impl_->connection] { duckdb_interrupt(connection); };
}
const std::string& Connection::path() const {
  return impl_->path;
}

namespace {

// Owns what DuckDB gives out for a text of statements; each is destroyed by its own function.
template <class Handle, void (*destroy)(Handle*)>
struct Owned {
  Handle handle = nullptr;
  ~Owned() { destroy(&handle); }
};

std::string words(const char* message) {
  return message ? message : "the statement failed";
}

// duckdb_query() would spin while other threads work, which they lack then: this waits. Empty, or what went wrong.
std::string execute_one(duckdb_connection connection, duckdb_extracted_statements statements, idx_t index) {
  Owned<duckdb_prepared_statement, duckdb_destroy_prepare> prepared;
  if (duckdb_prepare_extracted_statement(connection, statements, index, &prepared.handle) != DuckDBSuccess)
    return words(duckdb_prepare_error(prepared.handle));
  Owned<duckdb_pending_result, duckdb_destroy_pending> pending;
  if (duckdb_pending_prepared(prepared.handle, &pending.handle) != DuckDBSuccess)
    return words(duckdb_pending_error(pending.handle));
  auto state = duckdb_pending_execute_task(pending.handle);
  while (!duckdb_pending_execution_is_finished(state)) {
    if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE) std::this_thread::sleep_for(std::chrono::microseconds(100));
    state = duckdb_pending_execute_task(pending.handle);
  }
  if (state == DUCKDB_PENDING_ERROR) return words(duckdb_pending_error(pending.handle));
  duckdb_result result;
  std::string error;
  if (duckdb_execute_pending(pending.handle, &result) != DuckDBSuccess) error = words(duckdb_result_error(&result));
  duckdb_destroy_result(&result);
  return error;
}

}  // namespace

Status Connection::execute(std::string_view sql) {
  const auto turn = impl_->turn();
  return execute_now(sql);
}

Status Connection::execute_now(std::string_view sql) {
  Owned<duckdb_extracted_statements, duckdb_destroy_extracted> statements;
  const std::string text(sql);
  const auto count = duckdb_extract_statements(impl_->connection, text.c_str(), &statements.handle);
  if (count == 0)
    if (const char* message = duckdb_extract_statements_error(statements.handle))
      return std::unexpected(engine_error(message, impl_->path, sql));
  for (idx_t i = 0; i < count; ++i)
    if (const auto error = execute_one(impl_->connection, statements.handle, i); !error.empty())
      return std::unexpected(engine_error(error, impl_->path, sql));
  return {};
}

Status Connection::begin_reading() {
  return impl_->copy ? Status() : execute_now("begin transaction read only");
}

void Connection::end_reading(bool is_whole) {
  // Nothing was written; after an interrupt there may be no transaction any more.
  if (!impl_->copy) (void)execute_now("rollback");
  if (!is_whole) read_on();
}

void Connection::read_on() {
  if (!impl_->copy) return;
  (void)execute_now("rollback");
  (void)execute_now("begin transaction read only");
}

Status Connection::check_only_reads(const std::string& sql) {
  Owned<duckdb_extracted_statements, duckdb_destroy_extracted> statements;
  const auto count = duckdb_extract_statements(impl_->connection, sql.c_str(), &statements.handle);
  for (idx_t i = 0; i < count; ++i) {
    Owned<duckdb_prepared_statement, duckdb_destroy_prepare> prepared;
    if (duckdb_prepare_extracted_statement(impl_->connection, statements.handle, i, &prepared.handle) != DuckDBSuccess)
      return std::unexpected(engine_error(words(duckdb_prepare_error(prepared.handle)), impl_->path, sql));
    switch (duckdb_prepared_statement_type(prepared.handle)) {
      case DUCKDB_STATEMENT_TYPE_SELECT:
      case DUCKDB_STATEMENT_TYPE_EXPLAIN:
      case DUCKDB_STATEMENT_TYPE_COPY:  // to a file; into a table it fails where nothing can be written
        continue;
      default:
        return fail(Error::Kind::usage,
                    "While a server runs for this project, a query reads: SELECT, FROM, DESCRIBE, SUMMARIZE, SHOW, "
                    "EXPLAIN. What changes settings or other databases waits for the server's end");
    }
  }
  return {};  // a mistake of syntax is told by who executes it
}

Result<std::optional<std::int64_t>> Connection::scalar(std::string_view sql) {
  DH_ASSIGN(auto rows, query(sql));
  if (rows.row_count() == 0 || rows.is_null(0, 0)) return std::nullopt;
  return rows.integer(0, 0);
}

Result<std::vector<std::int64_t>> Connection::integers(std::string_view sql) {
  DH_ASSIGN(const auto rows, query(sql));
  std::vector<std::int64_t> values(rows.row_count());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = rows.integer(i, 0);
  return values;
}

Result<std::optional<std::string>> Connection::scalar_text(std::string_view sql) {
  DH_ASSIGN(auto rows, query(sql));
  if (rows.row_count() == 0 || rows.is_null(0, 0)) return std::nullopt;
  return rows.display(0, 0);
}

Database::Database() : impl_(std::make_unique<Impl>()) {}
Database::~Database() {
  if (impl_->database) duckdb_close(&impl_->database);
}
FunctionContext& Database::functions() {
  return impl_->functions;
}
Places& Database::places() {
  return *impl_->places;
}
const std::string& Database::path() const {
  return impl_->path;
}
bool Database::is_lake() const {
  return impl_->is_lake;
}
bool Connection::is_of_lake() const {
  return impl_->writing != nullptr;
}

namespace {
std::string sql_bytes(std::int64_t bytes) {
  return fmt::format("{}KiB", bytes / 1024);
}
}  // namespace

Result<std::unique_ptr<Database>> Database::open(const OpenOptions& options) {
  duckdb_config config = nullptr;
  duckdb_create_config(&config);
  const bool is_fitted = options.memory_limit == config::kAutomatic;
  const auto limit = is_fitted ? memory_limit_of(options.path) : 0;
  duckdb_set_config(config, "memory_limit", is_fitted ? sql_bytes(limit).c_str() : options.memory_limit.c_str());
  duckdb_set_config(config, "preserve_insertion_order", "false");
  duckdb_set_config(config, "autoinstall_known_extensions", "false");
  duckdb_set_config(config, "autoload_known_extensions", "false");
  // DuckDB's own allocator keeps what was freed unless told to give it back: the limit is meant for the process.
  duckdb_set_config(config, "allocator_flush_threshold", "8MB");
  duckdb_set_config(config, "allocator_bulk_deallocation_flush_threshold", "8MB");
  duckdb_set_config(config, "allocator_background_threads", "true");
  // Bulk loads write each row group as soon as it is full.
  duckdb_set_config(config, "write_buffer_row_group_count", "1");
  // Statistics and texts are kept in smaller forms; DuckDB from 1.4 on reads the file.
  duckdb_set_config(config, "storage_compatibility_version", "v1.4.0");
  // A checkpoint after an incremental run would rewrite whole row groups to close the gaps of deleted rows: seconds for
  // a run of milliseconds, and any amount of memory (row_groups.h).
  duckdb_set_config(config, "max_vacuum_tasks", "0");
  if (options.threads > 0) duckdb_set_config(config, "threads", std::to_string(options.threads).c_str());
  if (options.read_only && !options.lake) duckdb_set_config(config, "access_mode", "READ_ONLY");
  std::unique_ptr<Database> database(new Database());
  database->impl_->path = options.path;
  database->impl_->fitted_limit = limit;
  // Where nothing can be written, what exceeds the memory fails, and says so; what does not is served.
  if (options.path != kInMemory) {
    if (auto folder = SpillFolder::make(options.path + ".tmp")) database->impl_->spill.emplace(*std::move(folder));
  }
  const auto& spill = database->impl_->spill;
  duckdb_set_config(config, "temp_directory", spill ? spill->path().c_str() : "");
  database->impl_->places = std::make_unique<Places>(options.path + ".places", database->impl_->functions);
  if (options.lake) database->impl_->places->leave_out();
  char* message = nullptr;
  const auto state =
      duckdb_open_ext(options.lake ? kInMemory : options.path.c_str(), &database->impl_->database, config, &message);
  duckdb_destroy_config(&config);
  if (state != DuckDBSuccess) {
    auto error = open_error(options.path, message ? message : "unknown error");
    duckdb_free(message);
    return std::unexpected(std::move(error));
  }
  DH_ASSIGN(auto connection, database->connect());  // functions are registered once and seen by every connection
  DH_TRY(register_functions(connection.handle(), database->functions()));
  if (options.lake) DH_TRY(database->attach(*options.lake, options.read_only));
  return database;
}

Status Database::fit_memory(Connection& connection) {
  if (impl_->fitted_limit == 0) return {};
  const auto limit = memory_limit_of(impl_->path);
  if (limit <= impl_->fitted_limit) return {};  // others may count on what they have
  DH_TRY(connection.execute(fmt::format("set memory_limit = '{}'", sql_bytes(limit))));
  impl_->fitted_limit = limit;
  return {};
}

Result<Connection> Database::connect() {
  DH_ASSIGN(auto connection, connect_bare());
  if (impl_->is_lake) DH_TRY(connection.execute_now(fmt::format("use {}", kLakeName)));
  return connection;
}

Result<Connection> Database::connect_bare() {
  Connection connection;
  connection.impl_->path = impl_->path;
  connection.impl_->database = impl_->database;
  if (duckdb_connect(impl_->database, &connection.impl_->connection) != DuckDBSuccess)
    return fail(Error::Kind::warehouse, "Cannot connect to the warehouse " + impl_->path);
  if (impl_->is_lake) {
    connection.impl_->writing = &impl_->writing;
    connection.impl_->lock = impl_->lock.get();
  }
  return connection;
}

CheckpointAtCommit::CheckpointAtCommit(Connection& connection) : connection_(connection) {
  if (connection_.is_of_lake()) return;
  (void)connection_.execute("set checkpoint_threshold = '1KB'");  // at worst the log is written, too
}
CheckpointAtCommit::~CheckpointAtCommit() {
  if (!connection_.is_of_lake()) (void)connection_.execute("reset checkpoint_threshold");
}

// Not on a lake: DuckDB ends its threads to have fewer, and waits for them, while one that reads a lake's file list may
// wait for a statement on the catalogue that waits for the same. A server would stand still for good.
OneThread::OneThread(Connection& connection, bool throughout) : connection_(connection) {
  const bool is_within_another = connection.impl_->threads == 1;
  if (connection_.is_of_lake() || is_within_another) return;
  const auto threads = connection.scalar("select current_setting('threads')");
  threads_ = threads && *threads ? **threads : 1;
  connection.impl_->threads = throughout ? 1 : threads_;
  (void)connection_.execute("set threads = 1");
}
OneThread::~OneThread() {
  if (threads_ == 0) return;
  (void)connection_.execute("set threads = " + std::to_string(threads_));
  connection_.impl_->threads = 0;
}

namespace {
// On a connection of its own: one whose transaction has failed takes no statement until it is rolled back.
void turn_off_optimizers(duckdb_database database, const std::string& names) {
  duckdb_connection connection = nullptr;
  if (duckdb_connect(database, &connection) != DuckDBSuccess) return;
  (void)duckdb_query(connection, ("set disabled_optimizers = " + sql_text(names)).c_str(), nullptr);
  duckdb_disconnect(&connection);
}
}  // namespace

JoinsAsWritten::JoinsAsWritten(Connection& connection) : connection_(connection) {
  if (auto before = connection.scalar_text("select current_setting('disabled_optimizers')"); before && *before)
    turned_off_ = **std::move(before);
  constexpr std::string_view kChoice = "build_side_probe_side";
  turn_off_optimizers(connection.impl_->database,
                      fmt::format("{}{}{}", turned_off_, turned_off_.empty() ? "" : ",", kChoice));
}
JoinsAsWritten::~JoinsAsWritten() {
  turn_off_optimizers(connection_.impl_->database, turned_off_);
}

Status Connection::scan(std::string_view sql) {
  if (impl_->threads <= 1) return execute(sql);
  DH_TRY(execute("set threads = " + std::to_string(impl_->threads)));
  auto status = execute(sql);
  DH_TRY(execute("set threads = 1"));
  return status;
}

Result<Transaction> Transaction::begin(Connection& connection, Mode mode) {
  if (mode == Mode::reads) {
    DH_TRY(connection.execute_now("begin transaction read only"));
    return Transaction(&connection, {});
  }
  auto turn = connection.impl_->turn();
  DH_TRY(connection.execute_now("begin transaction"));
  return Transaction(&connection, std::move(turn));
}
Transaction::~Transaction() {
  if (connection_)
    (void)connection_->execute_now("rollback");  // nothing to do if even that fails: the file is unchanged
}
Status Transaction::commit() {
  auto* connection = std::exchange(connection_, nullptr);
  if (connection->impl_->lock != nullptr)
    if (const auto held = connection->impl_->lock->still_held(); !held) {
      (void)connection->execute_now("rollback");
      return held;
    }
  return connection->execute_now("commit");
}

std::string sql_text(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}
std::string sql_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}
std::string sql_timestamp(Timestamp t) {
  auto text = to_string(t);
  text.pop_back();  // Z: the columns are UTC by definition
  text[10] = ' ';
  return "TIMESTAMP '" + text + "'";
}

}  // namespace deskhouse::warehouse
