// A MariaDB server for tests of this program, without a password; made when it is first asked for, stopped at the end
// of the program.
#pragma once

#include <gtest/gtest.h>
#include <mariadb/mysql.h>

#include <filesystem>
#include <string>

#include "config/config.h"
#include "unit/sources/server_process.h"

namespace deskhouse::sources {

class MariadbServer : public ServerProcess {
 public:
  static MariadbServer& get() {
    static MariadbServer server;
    return server;
  }

  config::Server address(const std::string& database) const {
    config::Server server;
    server.host = socket();
    server.user = "root";
    server.dbname = database;
    return server;
  }
  // Statements, each of which gives no rows or rows that nobody wants.
  void sql(const std::string& statements) const {
    MYSQL* connection = connect();
    EXPECT_NE(connection, nullptr);
    if (connection == nullptr) return;
    int state = mysql_real_query(connection, statements.data(), statements.size());
    while (state == 0) {
      if (MYSQL_RES* result = mysql_store_result(connection)) mysql_free_result(result);
      state = mysql_next_result(connection);
    }
    EXPECT_EQ(mysql_errno(connection), 0u) << mysql_error(connection) << statements.substr(0, 500);
    mysql_close(connection);
  }

 private:
  MariadbServer() : ServerProcess("deskhouse_my", "nobody") {
    const auto data = "--datadir=" + (folder() / "data").string();
    run({"mariadb-install-db", "--no-defaults", data, "--skip-test-db", "--auth-root-authentication-method=normal",
         "--innodb-log-file-size=8M"});
    serve({program("mariadbd"), "--no-defaults", data, "--socket=" + socket(), "--skip-networking",
           "--pid-file=" + (folder() / "pid").string(), "--innodb-flush-log-at-trx-commit=2",
           "--innodb-log-file-size=8M", "--max-allowed-packet=64M"},
          [this] {
            MYSQL* connection = connect();
            if (connection != nullptr) mysql_close(connection);
            return connection != nullptr;
          });
  }
  ~MariadbServer() { stop(SIGKILL); }

  static std::string program(const std::string& name) {
    const std::string path = "/usr/sbin/" + name;  // which is not on everybody's path
    return std::filesystem::exists(path) ? path : name;
  }
  std::string socket() const { return (folder() / "socket").string(); }

  MYSQL* connect() const {
    MYSQL* connection = mysql_init(nullptr);
    mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(connection, nullptr, "root", nullptr, nullptr, 0, socket().c_str(),
                           CLIENT_MULTI_STATEMENTS) != nullptr)
      return connection;
    mysql_close(connection);
    return nullptr;
  }
};

}  // namespace deskhouse::sources
