// A PostgreSQL server for tests of this program: in a temporary folder, on a free port of the loopback, without a
// password; made when it is first asked for, stopped at the end of the program.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <postgresql/libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "config/config.h"

namespace deskhouse::sources {

class PostgresServer {
 public:
  static PostgresServer& get() {
    static PostgresServer server;
    return server;
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  config::Server address() const {
    config::Server server;
    server.host = "127.0.0.1";
    server.port = port_;
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
  PostgresServer() {
    std::string name = (std::filesystem::temp_directory_path() / "deskhouse_pg_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    if (const auto* owner = ::getpwnam("postgres"); ::geteuid() == 0 && owner != nullptr)
      if (::chown(name.c_str(), owner->pw_uid, owner->pw_gid) != 0) std::abort();
    port_ = free_port();
    const auto data = (folder_ / "data").string();
    int status = 0;
    ::waitpid(start({program("initdb"), "-D", data, "-U", "admin", "-N", "-E", "UTF8", "--locale=C", "--auth=trust"}),
              &status, 0);
    EXPECT_EQ(status, 0) << "initdb: " << log();
    server_ = start({program("postgres"), "-D", data, "-p", std::to_string(port_), "-k", folder_.string(), "-c",
                     "listen_addresses=127.0.0.1", "-c", "fsync=off"});
    for (int i = 0; i < 200; ++i) {
      PGconn* connection = connect();
      const bool answers = PQstatus(connection) == CONNECTION_OK;
      PQfinish(connection);
      if (answers) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ADD_FAILURE() << "the server does not answer: " << log();
  }
  ~PostgresServer() {
    ::kill(server_, SIGQUIT);
    ::waitpid(server_, nullptr, 0);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  static std::string program(const std::string& name) {
    std::string newest = name;  // on the path, if Debian's packages have none
    std::error_code ignored;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored))
      if (const auto path = version.path() / "bin" / name; std::filesystem::exists(path)) newest = path.string();
    return newest;
  }

  static std::int64_t free_port() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
    ::bind(probe, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(probe);
    return ntohs(address.sin_port);
  }

  // Starts a program, as the user postgres where we are root: the server refuses to run as root.
  pid_t start(std::vector<std::string> command) const {
    if (::geteuid() == 0)
      command.insert(command.begin(), {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"});
    std::vector<char*> arguments;
    for (auto& part : command) arguments.push_back(part.data());
    arguments.push_back(nullptr);
    const auto log = (folder_ / "log").string();
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (::chdir(folder_.c_str()) != 0 || std::freopen(log.c_str(), "a", stdout) == nullptr ||
        std::freopen(log.c_str(), "a", stderr) == nullptr)
      ::_exit(126);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }

  std::string log() const {
    std::ifstream in(folder_ / "log");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  PGconn* connect() const {
    const auto where =
        "host=127.0.0.1 dbname=postgres user=admin options=-cclient_min_messages=error port=" + std::to_string(port_);
    return PQconnectdb(where.c_str());
  }

  std::filesystem::path folder_;
  std::int64_t port_ = 0;
  pid_t server_ = 0;
};

}  // namespace deskhouse::sources
