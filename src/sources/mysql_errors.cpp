#include "sources/mysql_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace deskhouse::sources {
namespace {

// Numbers below 2000 are the server's, those above the client library's; both products share them.
enum Code : unsigned {
  kTooManyConnections = 1040,
  kDatabaseDenied = 1044,
  kAccessDenied = 1045,
  kNoSuchDatabase = 1049,
  kNoSuchColumn = 1054,
  kShutdown = 1053,
  kNormalShutdown = 1077,
  kHostBlocked = 1129,
  kHostNotAllowed = 1130,
  kTableDenied = 1142,
  kColumnDenied = 1143,
  kNoSuchTable = 1146,
  kAborting = 1152,
  kNetworkFirst = 1158,
  kNetworkLast = 1161,
  kTooManyOfUser = 1203,
  kLockWait = 1205,
  kUserLimit = 1226,
  kRightDenied = 1227,
  kDeadlock = 1213,
  kInterrupted = 1317,
  kTableChanged = 1412,
  kNoPassword = 1698,
  kKilled = 1927,
  kNoSocket = 2002,
  kNoHost = 2003,
  kUnknownHost = 2005,
  kGone = 2006,
  kLost = 2013,
  kEncryption = 2026,
  kLostBecause = 2055,
  kPluginMissing = 2059,
  kPluginRefused = 2061,
  kIdleTooLong = 4031,
};

template <std::size_t Size>
bool is_one_of(unsigned code, const Code (&codes)[Size]) {
  return std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
}

}  // namespace

bool mysql_is_lost(unsigned code) {
  return is_one_of(code, {kShutdown, kNormalShutdown, kAborting, kKilled, kGone, kLost, kEncryption, kLostBecause,
                          kIdleTooLong}) ||
         (code >= kNetworkFirst && code <= kNetworkLast);
}

bool mysql_passes(unsigned code) {
  return is_one_of(
      code, {kTooManyConnections, kTooManyOfUser, kUserLimit, kLockWait, kDeadlock, kInterrupted, kTableChanged});
}

bool mysql_is_altered(unsigned code) {
  return is_one_of(code, {kNoSuchColumn, kNoSuchTable});
}

bool mysql_is_denied(unsigned code) {
  return is_one_of(code, {kDatabaseDenied, kTableDenied, kColumnDenied, kRightDenied});
}

std::string mysql_connect_advice(unsigned code, std::string_view message, const config::Server& server) {
  const auto says = [&](std::string_view part) { return message.find(part) != std::string_view::npos; };
  const auto user = server.user.empty() ? std::string("the user") : fmt::format("the user '{}'", server.user);
  switch (code) {
    case kAccessDenied:
    case kNoPassword:
      if (says("using password: NO"))
        return fmt::format("Give the password of {} with password_env or password_file", user);
      return fmt::format(
          "The password of {} is wrong, or there is no such user for this host: correct user, or what password_env or "
          "password_file gives",
          user);
    case kDatabaseDenied:
      return fmt::format("Correct dbname: there is no database '{}' that {} may use, or let it: GRANT SELECT ON ...",
                         server.dbname, user);
    case kNoSuchDatabase:
      return fmt::format("Correct dbname: there is no database '{}'", server.dbname);
    case kHostNotAllowed:
    case kHostBlocked:
      return "Let the server accept this host: CREATE USER ...@'this host', or FLUSH HOSTS where it is blocked";
    case kTooManyConnections:
    case kTooManyOfUser:
    case kUserLimit:
      return "Run again when fewer connections are open";
    case kUnknownHost:
      return "Correct the name of the host";
    case kNoSocket:
    case kNoHost:
      // The library says so of a name that it cannot resolve, too.
      return says("Unknown") ? "Correct the name of the host" : "Start the server, or correct host and port";
    case kEncryption:
      return "Correct sslmode and sslrootcert";
    case kPluginMissing:
    case kPluginRefused:
      return "The server asks for a way to prove who we are that is not known or not safe here: set sslmode = "
             "\"verify-full\", or let the user have a password of the server's usual kind";
    default:
      return "Check host, port and the other keys of the source";
  }
}

}  // namespace deskhouse::sources
