#include "warehouse/lake.h"

#include <dlfcn.h>
#include <duckdb.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <postgresql/libpq-fe.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/descriptor.h"
#include "sources/sql_server.h"
#include "warehouse/database.h"

namespace deskhouse::warehouse {

namespace {

namespace fs = std::filesystem;

// Of the advisory locks of a PostgreSQL database, the one of Deskhouse's writer: the letters "deskhous".
constexpr std::string_view kAdvisoryLock = "7234315281591399795";

fs::path library_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&duckdb_open), &info) == 0 || info.dli_fname == nullptr) return {};
  return fs::path(info.dli_fname).parent_path();
}

std::string load_sql(std::string_view extension) {
  const auto file = library_folder() / "extensions" / fmt::format("{}.duckdb_extension", extension);
  std::error_code error;
  return fmt::format("load {};", fs::exists(file, error) ? sql_text(file.string()) : std::string(extension));
}

Error in_use(const config::Location& location, const std::string& by) {
  return {Error::Kind::busy,
          fmt::format("The lake {} is written to by {}: one process may write at a time, any number may read. Wait "
                      "until it ends (--wait 10m), or stop it. `deskhouse serve --read-only` shows what it publishes "
                      "meanwhile.",
                      location.name, by)};
}

// A lock on a file beside the catalogue: SQLite's own are taken and given back by each transaction.
class FileLock : public WriterLock {
 public:
  static Result<std::unique_ptr<WriterLock>> take(const config::Location& location) {
    const auto path = location.lake->at + ".writer";
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (file.get() < 0)
      return fail(Error::Kind::io, fmt::format("{} cannot be written: {}", path, std::strerror(errno)));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      char holder[32] = {};
      const auto length = ::pread(file.get(), holder, sizeof holder - 1, 0);
      return std::unexpected(in_use(location, length > 0 ? "process " + std::string(holder) : "another process"));
    }
    const auto pid = std::to_string(::getpid());
    if (::ftruncate(file.get(), 0) != 0 || ::pwrite(file.get(), pid.data(), pid.size(), 0) < 0)
      return fail(Error::Kind::io, fmt::format("{} cannot be written: {}", path, std::strerror(errno)));
    return std::unique_ptr<FileLock>(new FileLock(std::move(file)));
  }
  Status still_held() override { return {}; }

 private:
  explicit FileLock(Descriptor file) : file_(std::move(file)) {}
  const Descriptor file_;
};

// An advisory lock of a session of our own.
class SessionLock : public WriterLock {
 public:
  static Result<std::unique_ptr<WriterLock>> take(const config::Location& location) {
    auto* session = PQconnectdb(location.lake->at.c_str());
    std::unique_ptr<SessionLock> lock(new SessionLock(session, location.name));
    if (PQstatus(session) != CONNECTION_OK)
      return fail(Error::Kind::warehouse, fmt::format("The lake's catalogue {} cannot be reached: {}", location.name,
                                                      sources::one_line(PQerrorMessage(session))));
    DH_ASSIGN(const auto name, lock->value("set application_name = 'deskhouse writer'"));
    DH_ASSIGN(const auto taken, lock->value(fmt::format("select pg_try_advisory_lock({})", kAdvisoryLock)));
    if (taken != "t") {
      DH_ASSIGN(const auto who,
                lock->value("select coalesce(host(a.client_addr), 'this host') || ' since ' || date_trunc('second', "
                            "a.backend_start) from pg_locks l join pg_stat_activity a using (pid) where l.locktype = "
                            "'advisory' and l.granted and a.application_name = 'deskhouse writer' limit 1"));
      return std::unexpected(in_use(location, who.empty() ? "another process" : "a process of " + who));
    }
    return lock;
  }
  ~SessionLock() override { PQfinish(session_); }
  Status still_held() override {
    const auto alive = value("select 1");
    if (alive) return {};
    return fail(
        Error::Kind::warehouse,
        fmt::format("The connection to the lake's catalogue {} was lost, and with it the right to write: nothing "
                    "of this was published. Do it again.",
                    name_));
  }

 private:
  SessionLock(PGconn* session, std::string name) : session_(session), name_(std::move(name)) {}
  // The first value of an answer, "" if there is none.
  Result<std::string> value(const std::string& sql) {
    const std::unique_ptr<PGresult, void (*)(PGresult*)> answer(PQexec(session_, sql.c_str()), PQclear);
    const auto status = PQresultStatus(answer.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
      return fail(Error::Kind::warehouse,
                  fmt::format("The lake's catalogue {}: {}", name_, sources::one_line(PQerrorMessage(session_))));
    return std::string(PQntuples(answer.get()) > 0 ? PQgetvalue(answer.get(), 0, 0) : "");
  }
  PGconn* session_;
  std::string name_;
};

}  // namespace

namespace {

// What DuckLake of DuckDB 1.5.5 knows of the values of a whole table may be wrong once one of its files holds nothing
// but NULL in a column: rows would be left out of answers (decision 0053). What it knows of each file is right, and
// still used.
constexpr const char* kTrustNoTableStatistics = "; set global disabled_optimizers = 'statistics_propagation'";

std::string attach_lake(const config::Lake& lake, std::string_view name, std::string_view options) {
  const bool is_postgres = lake.catalogue == config::Lake::Catalogue::postgres;
  // No rows in the catalogue: each read of theirs would ask it (decision 0051). SQLite's own journal lets nobody read
  // while somebody writes.
  const std::string_view sqlite_settings = is_postgres ? "" : ", meta_journal_mode 'wal', meta_busy_timeout 10000";
  return fmt::format("attach {} as {} (data_path {}, data_inlining_row_limit 0{}{})",
                     sql_text(fmt::format("ducklake:{}:{}", is_postgres ? "postgres" : "sqlite", lake.at)), name,
                     sql_text(lake.data), sqlite_settings, options);
}

}  // namespace

std::string catalogue_name() {
  return fmt::format("__ducklake_metadata_{}", kLakeName);
}

std::string attach_sql(const config::Location& location, std::string_view name, bool read_only) {
  if (!location.lake)
    return fmt::format("attach {} as {}{}", sql_text(location.beside.string()), name, read_only ? " (read_only)" : "");
  const bool is_postgres = location.lake->catalogue == config::Lake::Catalogue::postgres;
  return load_sql("ducklake") + load_sql(is_postgres ? "postgres_scanner" : "sqlite_scanner") +
         attach_lake(*location.lake, name, read_only ? ", read_only" : "") + kTrustNoTableStatistics;
}

std::string attach_snapshot_sql(const config::Location& location, std::string_view name, std::int64_t snapshot) {
  return attach_lake(*location.lake, name, fmt::format(", read_only, snapshot_version {}", snapshot));
}

std::string attach_copy_sql(const config::Location& location, std::string_view name, std::string_view file) {
  return fmt::format("attach {} as {} (data_path {}, read_only)", sql_text(fmt::format("ducklake:{}", file)), name,
                     sql_text(location.lake->data));
}

Error lake_error(const config::Location& location, std::string_view message) {
  if (message.contains("does not match existing data path"))
    return {
        Error::Kind::warehouse,
        fmt::format("The catalogue of the lake {} has its files elsewhere than project.lake_data, {}: correct that, "
                    "or give the folder back its place. ({})",
                    location.name, location.lake->data, message.substr(0, message.find('\n')))};
  if (message.contains("Extension \"") || message.contains("INSTALL"))
    return {Error::Kind::warehouse,
            fmt::format("A lake needs extensions of DuckDB {}: ducklake, and sqlite_scanner or postgres_scanner. Put "
                        "them into {}, or install them once in DuckDB {}: INSTALL ducklake. ({})",
                        duckdb_library_version(), (library_folder() / "extensions").string(), duckdb_library_version(),
                        message)};
  return {Error::Kind::warehouse, fmt::format("Cannot open the lake {}: {}", location.name, message)};
}

Result<std::unique_ptr<WriterLock>> lock_lake(const config::Location& location) {
  return location.lake->catalogue == config::Lake::Catalogue::postgres ? SessionLock::take(location)
                                                                       : FileLock::take(location);
}

}  // namespace deskhouse::warehouse
