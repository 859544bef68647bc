// Who may ask the server, and for what: people with passwords, programs with tokens. They are kept in a file beside
// deskhouse.toml that only its owner may read, and never in the warehouse, where queries could read them.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace deskhouse::access {

// Each may do what those before it may.
enum class Role {
  viewer,   // dashboards, metrics and queries, with personal data masked
  analyst,  // the same as it is, raw records too
  operate,  // "operator": figures of the process, what is wrong in the pipeline
  admin,
};
std::string_view to_string(Role role);
std::optional<Role> parse_role(std::string_view text);
std::string role_names();  // "viewer, analyst, operator or admin"

struct Account {
  std::string name;
  Role role = Role::viewer;
  bool is_token = false;  // of a program, which shows a token; else of a person with a password
  std::string kept;       // access/secret.h
};

inline constexpr std::size_t kShortestPassword =
    12;  // letters; NIST SP 800-63B asks for length, not for kinds of letters

class Accounts {
 public:
  // None if the file is not there. Fails if it is not as save() writes it, or if others than its owner may read it.
  static Result<Accounts> load(const std::filesystem::path& file);
  // As a whole or not at all; readable by the owner only.
  Status save() const;

  // Kind::usage for a name that is taken, or not of letters, digits and . _ @ - (64 at most), or a short password.
  Status add_person(const std::string& name, Role role, std::string_view password);
  // Gives the token, which is kept nowhere.
  Result<std::string> add_token(const std::string& name, Role role);
  Status set_password(const std::string& name, std::string_view password);
  Status set_role(const std::string& name, Role role);
  Status remove(const std::string& name);

  const Account* find(std::string_view name) const;
  // nullptr: no such person with that password. Takes as long for a name that nobody has.
  const Account* by_password(std::string_view name, std::string_view password) const;
  const Account* by_token(std::string_view token) const;
  const std::vector<Account>& all() const { return accounts_; }  // by name

 private:
  explicit Accounts(std::filesystem::path file) : file_(std::move(file)) {}
  Status check_new(const std::string& name) const;
  Result<Account*> known(const std::string& name);
  void add(Account account);

  std::filesystem::path file_;
  std::vector<Account> accounts_;
};

// The file of a project.
std::filesystem::path accounts_file(const std::filesystem::path& project);

}  // namespace deskhouse::access
