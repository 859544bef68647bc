// Who asks: a token in the Authorization header, or a session that somebody signed in for. Signing in is slow for who
// guesses. docs/decisions/0040 says why it is as it is.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>

#include "access/accounts.h"
#include "base/values.h"
#include "server/http.h"

namespace deskhouse::server {

struct Visitor {
  std::string name;  // empty: nobody had to say who he is
  access::Role role = access::Role::admin;
};

// How often somebody may guess. Pure: the time comes in.
class Patience {
 public:
  // Seconds to wait before this key may try again; 0: now.
  std::int64_t wait(const std::string& key, Timestamp now) const;
  void failed(const std::string& key, Timestamp now);
  void succeeded(const std::string& key) { tries_.erase(key); }

 private:
  struct Tries {
    int failures = 0;
    Timestamp last, until;
  };
  void forget(Timestamp now);
  std::map<std::string, Tries> tries_;
};

// Thread-safe.
class Gate {
 public:
  // `secure`: sessions travel over TLS only.
  Gate(std::filesystem::path accounts, bool secure) : file_(std::move(accounts)), secure_(secure) {}

  // Fails if the file of accounts is damaged. There must be somebody in it for the gate to be of use.
  Result<std::size_t> accounts();

  std::optional<Visitor> visitor(const Request& request, Timestamp now);

  // GET: the page with the form; POST: signs in and leads on to `next`.
  Response sign_in(const Request& request, Timestamp now);
  Response sign_out(const Request& request);
  // Where somebody who has not signed in is sent.
  static Response to_sign_in(const Request& request);
  static Response style();

 private:
  struct Session {
    std::string name, kept;  // a new password ends the sessions of the old one
    Timestamp until;
  };
  Status look();
  Response page(const Request& request, int status, std::string_view message) const;

  const std::filesystem::path file_;
  const bool secure_;
  std::counting_semaphore<2> hashing_{2};  // 32 MiB each
  std::mutex mutex_;                       // of what follows
  std::optional<access::Accounts> known_;
  std::array<std::int64_t, 4> seen_{};       // inode, size and time of the file that `known_` is of
  std::map<std::string, Session> sessions_;  // by the hash of their secret
  Patience names_, addresses_;
};

}  // namespace deskhouse::server
