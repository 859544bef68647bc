#include "access/accounts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "access/secret.h"
#include "base/nearest.h"

namespace deskhouse::access {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormat = "# deskhouse users 1: name, role, password or token, what is kept of it";
constexpr std::size_t kLongestName = 64;
constexpr mode_t kOwnerOnly = 0600;
constexpr std::pair<Role, std::string_view> kRoles[] = {
    {Role::viewer, "viewer"}, {Role::analyst, "analyst"}, {Role::operate, "operator"}, {Role::admin, "admin"}};

std::string system_error() {
  return std::strerror(errno);
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '@' || c == '-';
  });
}

std::size_t letters(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(utf8, [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

Status check_password(std::string_view password) {
  if (letters(password) >= kShortestPassword) return {};
  return fail(Error::Kind::usage, fmt::format("A password has at least {} letters", kShortestPassword));
}

Status write_all(int handle, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(handle, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(Error::Kind::io, system_error());
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(handle) == 0 ? Status{} : fail(Error::Kind::io, system_error());
}

}  // namespace

std::string_view to_string(Role role) {
  for (const auto& [known, name] : kRoles)
    if (known == role) return name;
  return "";
}

std::optional<Role> parse_role(std::string_view text) {
  for (const auto& [role, name] : kRoles)
    if (name == text) return role;
  return std::nullopt;
}

std::string role_names() {
  return "viewer, analyst, operator or admin";
}

fs::path accounts_file(const fs::path& project) {
  return project / "deskhouse.users";
}

Result<Accounts> Accounts::load(const fs::path& file) {
  Accounts accounts(file);
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    if (errno == ENOENT) return accounts;
    return fail(Error::Kind::io, fmt::format("Cannot read {}: {}", file.string(), system_error()));
  }
  if ((status.st_mode & 077) != 0)
    return fail(Error::Kind::config,
                fmt::format("{0} can be read by others than its owner: chmod 600 {0}", file.string()));
  std::ifstream in(file);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line.starts_with('#')) continue;
    std::istringstream words(line);
    std::string name, role, kind, kept, rest;
    words >> name >> role >> kind >> kept;
    const auto known = parse_role(role);
    if (!is_name(name) || !known || (kind != "password" && kind != "token") || kept.empty() || (words >> rest))
      return fail(Error::Kind::config,
                  fmt::format("{}:{}: this is no line of `deskhouse users`; remove it and add the user again",
                              file.string(), number));
    if (accounts.find(name) != nullptr)
      return fail(Error::Kind::config, fmt::format("{}:{}: {} is there twice", file.string(), number, name));
    accounts.add({name, *known, kind == "token", kept});
  }
  if (in.bad()) return fail(Error::Kind::io, fmt::format("Cannot read {}", file.string()));
  return accounts;
}

Status Accounts::save() const {
  std::string text(kFormat);
  text += '\n';
  for (const auto& a : accounts_)
    text += fmt::format("{} {} {} {}\n", a.name, to_string(a.role), a.is_token ? "token" : "password", a.kept);
  const auto next = file_.string() + ".next";
  ::unlink(next.c_str());  // of a process that died
  const int handle = ::open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
  if (handle < 0) return fail(Error::Kind::io, fmt::format("Cannot write {}: {}", next, system_error()));
  auto status = write_all(handle, text);
  ::close(handle);
  if (status && ::rename(next.c_str(), file_.c_str()) != 0) status = fail(Error::Kind::io, system_error());
  if (status) return {};
  ::unlink(next.c_str());
  return fail(Error::Kind::io, fmt::format("Cannot write {}: {}", file_.string(), status.error().message));
}

void Accounts::add(Account account) {
  accounts_.insert(std::ranges::upper_bound(accounts_, account.name, {}, &Account::name), std::move(account));
}

Status Accounts::check_new(const std::string& name) const {
  if (!is_name(name))
    return fail(Error::Kind::usage,
                fmt::format("'{}' is no name: letters, digits and . _ @ -, at most {}", name, kLongestName));
  if (find(name) != nullptr) return fail(Error::Kind::usage, fmt::format("{} is there already", name));
  return {};
}

Result<Account*> Accounts::known(const std::string& name) {
  const auto it = std::ranges::find(accounts_, name, &Account::name);
  if (it != accounts_.end()) return &*it;
  std::vector<std::string> names;
  for (const auto& account : accounts_) names.push_back(account.name);
  return fail(Error::Kind::usage, fmt::format("There is no user '{}'{}", name, did_you_mean(name, names)));
}

Status Accounts::add_person(const std::string& name, Role role, std::string_view password) {
  DH_TRY(check_new(name));
  DH_TRY(check_password(password));
  add({name, role, false, hash_password(password)});
  return {};
}

Result<std::string> Accounts::add_token(const std::string& name, Role role) {
  DH_TRY(check_new(name));
  auto token = "dh_" + random_secret();
  add({name, role, true, hash_token(token)});
  return token;
}

Status Accounts::set_password(const std::string& name, std::string_view password) {
  DH_ASSIGN(auto* account, known(name));
  if (account->is_token) return fail(Error::Kind::usage, fmt::format("{} has a token, and no password", name));
  DH_TRY(check_password(password));
  account->kept = hash_password(password);
  return {};
}

Status Accounts::set_role(const std::string& name, Role role) {
  DH_ASSIGN(auto* account, known(name));
  account->role = role;
  return {};
}

Status Accounts::remove(const std::string& name) {
  DH_TRY(known(name));
  std::erase_if(accounts_, [&](const auto& account) { return account.name == name; });
  return {};
}

const Account* Accounts::find(std::string_view name) const {
  const auto it = std::ranges::find(accounts_, name, &Account::name);
  return it == accounts_.end() ? nullptr : &*it;
}

const Account* Accounts::by_password(std::string_view name, std::string_view password) const {
  static const std::string kNobody = hash_password("nobody has this password");
  const auto* account = find(name);
  const bool is_person = account != nullptr && !account->is_token;
  return matches(password, is_person ? account->kept : kNobody) && is_person ? account : nullptr;
}

const Account* Accounts::by_token(std::string_view token) const {
  const Account* found = nullptr;
  for (const auto& account : accounts_)  // all of them, however early one matches
    if (account.is_token && matches(token, account.kept)) found = &account;
  return found;
}

}  // namespace deskhouse::access
