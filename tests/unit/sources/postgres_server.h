// A PostgreSQL server for tests of this program, without a password; made when it is first asked for, stopped at the
// end of the program.
#pragma once

#include <gtest/gtest.h>
#include <postgresql/libpq-fe.h>

#include <filesystem>
#include <string>

#include "config/config.h"
#include "unit/sources/server_process.h"

namespace deskhouse::sources {

class PostgresServer : public ServerProcess {
 public:
  static PostgresServer& get() {
    static PostgresServer server;
    return server;
  }
  config::Server address() const {
    config::Server server;
    server.host = "127.0.0.1";
    server.port = port();
    server.dbname = "postgres";
    server.user = "admin";
    return server;
  }
  void sql(const std::string& text) const {
    PGconn* connection = connect();
    PGresult* result = PQexec(connection, text.c_str());
    EXPECT_TRUE(PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK)
        << PQerrorMessage(connection) << text.substr(0, 500);
    PQclear(result);
    PQfinish(connection);
  }

 private:
  PostgresServer() : ServerProcess("deskhouse_pg", "postgres") {
    const auto data = (folder() / "data").string();
    run({program("initdb"), "-D", data, "-U", "admin", "-N", "-E", "UTF8", "--locale=C", "--auth=trust"});
    serve({program("postgres"), "-D", data, "-p", std::to_string(port()), "-k", folder().string(), "-c",
           "listen_addresses=127.0.0.1", "-c", "fsync=off"},
          [this] {
            PGconn* connection = connect();
            const bool answers = PQstatus(connection) == CONNECTION_OK;
            PQfinish(connection);
            return answers;
          });
  }
  ~PostgresServer() { stop(SIGQUIT); }

  static std::string program(const std::string& name) {
    std::string newest = name;  // on the path, if Debian's packages have none
    std::error_code ignored;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored))
      if (const auto path = version.path() / "bin" / name; std::filesystem::exists(path)) newest = path.string();
    return newest;
  }

  PGconn* connect() const {
    const auto where =
        "host=127.0.0.1 dbname=postgres user=admin options=-cclient_min_messages=error port=" + std::to_string(port());
    return PQconnectdb(where.c_str());
  }
};

}  // namespace deskhouse::sources
