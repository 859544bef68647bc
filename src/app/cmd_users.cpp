// deskhouse users: who may sign in to `deskhouse serve`.
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "access/accounts.h"
#include "app/command.h"
#include "app/output.h"

namespace deskhouse::app {

namespace {

struct Options {
  std::string name, role = "viewer", password_file;
};

Result<access::Accounts> load(const Globals& globals) {
  std::error_code ignored;
  if (!std::filesystem::exists(globals.folder() / "deskhouse.toml", ignored))
    return fail(Error::Kind::config, fmt::format("{} does not exist. Name the project folder with -C",
                                                 (globals.folder() / "deskhouse.toml").string()));
  return access::Accounts::load(access::accounts_file(globals.folder()));
}

Result<access::Role> role_of(const std::string& text) {
  if (const auto role = access::parse_role(text)) return *role;
  return fail(Error::Kind::usage, fmt::format("'{}' is no role: {}", text, access::role_names()));
}

// A line that is typed and not shown.
Result<std::string> ask(const char* prompt) {
  termios shown{};
  if (::tcgetattr(STDIN_FILENO, &shown) != 0) return fail(Error::Kind::io, "The terminal cannot be asked");
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  fmt::print(stderr, "{}: ", prompt);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  std::string line;
  const bool got = static_cast<bool>(std::getline(std::cin, line));
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
  fmt::print(stderr, "\n");
  if (!got) return fail(Error::Kind::usage, "No password was given");
  return line;
}

// Never an argument: those are in the list of processes and in the shell's history.
Result<std::string> read_password(const Options& options) {
  std::string line;
  if (!options.password_file.empty()) {
    std::ifstream in(options.password_file);
    if (!std::getline(in, line))
      return fail(Error::Kind::usage, fmt::format("{} cannot be read, or is empty", options.password_file));
    return line;
  }
  if (::isatty(STDIN_FILENO) == 0) {
    if (!std::getline(std::cin, line))
      return fail(Error::Kind::usage, "Give the password as the first line of standard input");
    return line;
  }
  DH_ASSIGN(line, ask("Password"));
  DH_ASSIGN(const auto again, ask("Again"));
  if (again != line) return fail(Error::Kind::usage, "The two are not the same");
  return line;
}

Outcome add(const Globals& globals, const Options& options) {
  DH_ASSIGN(auto accounts, load(globals));
  DH_ASSIGN(const auto role, role_of(options.role));
  DH_ASSIGN(const auto password, read_password(options));
  DH_TRY(accounts.add_person(options.name, role, password));
  DH_TRY(accounts.save());
  if (!globals.quiet) fmt::print("{} may sign in as {}.\n", options.name, options.role);
  return 0;
}

Outcome add_token(const Globals& globals, const Options& options) {
  DH_ASSIGN(auto accounts, load(globals));
  DH_ASSIGN(const auto role, role_of(options.role));
  DH_ASSIGN(const auto token, accounts.add_token(options.name, role));
  DH_TRY(accounts.save());
  fmt::print("{}\n", token);
  if (!globals.quiet)
    fmt::print(stderr,
               "This is the token of {}, shown once. Programs send it as the header Authorization: Bearer TOKEN\n",
               options.name);
  return 0;
}

Outcome set_password(const Globals& globals, const Options& options) {
  DH_ASSIGN(auto accounts, load(globals));
  DH_ASSIGN(const auto password, read_password(options));
  DH_TRY(accounts.set_password(options.name, password));
  DH_TRY(accounts.save());
  if (!globals.quiet) fmt::print("{} has a new password, and has to sign in again.\n", options.name);
  return 0;
}

Outcome set_role(const Globals& globals, const Options& options) {
  DH_ASSIGN(auto accounts, load(globals));
  DH_ASSIGN(const auto role, role_of(options.role));
  DH_TRY(accounts.set_role(options.name, role));
  DH_TRY(accounts.save());
  if (!globals.quiet) fmt::print("{} is {} now.\n", options.name, options.role);
  return 0;
}

Outcome remove(const Globals& globals, const Options& options) {
  DH_ASSIGN(auto accounts, load(globals));
  DH_TRY(accounts.remove(options.name));
  DH_TRY(accounts.save());
  if (!globals.quiet) fmt::print("{} may not sign in any more.\n", options.name);
  return 0;
}

Outcome list(const Globals& globals) {
  DH_ASSIGN(const auto accounts, load(globals));
  TextTable table{{"name", "role", "signs in with"}, {false, false, false}, {}};
  for (const auto& a : accounts.all())
    table.rows.push_back({a.name, std::string(access::to_string(a.role)), a.is_token ? "token" : "password"});
  if (table.rows.empty() && !globals.json)
    fmt::print("Nobody. `deskhouse users add NAME --role analyst` adds somebody.\n");
  else
    print_table(table, globals.json ? Form::json : Form::table);
  return 0;
}

}  // namespace

void add_users(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("users", "Who may sign in to `deskhouse serve`, and as what");
  command->require_subcommand(1);
  command->fallthrough();
  const auto make = [&, command](const char* name, const char* text, bool has_role, bool has_password, auto run) {
    auto* one = command->add_subcommand(name, text);
    one->fallthrough();
    one->add_option("name", options->name, "Letters, digits and . _ @ -")->required();
    if (has_role) one->add_option("--role", options->role, access::role_names())->capture_default_str();
    if (has_password)
      one->add_option("--password-file", options->password_file,
                      "File whose first line is the password; without: standard input, which a terminal does not show");
    one->callback(
        [&globals, &chosen, options, run] { chosen = [&globals, options, run] { return run(globals, *options); }; });
  };
  make("add", "A person, with a password of 12 letters or more", true, true, add);
  make("token", "A program: prints its token, once", true, false, add_token);
  make("password", "A new password; ends the sessions of the old one", false, true, set_password);
  make("role", "Another role", true, false, set_role);
  make("remove", "Ends the sessions, too", false, false, remove);
  auto* all = command->add_subcommand("list", "Names and roles");
  all->fallthrough();
  all->callback([&globals, &chosen] { chosen = [&globals] { return list(globals); }; });
  command->footer(
      "Roles: viewer (numbers, with names, addresses and free text hidden), analyst (all of it, raw records too),\n"
      "operator, admin. They are kept in deskhouse.users beside deskhouse.toml; a server that runs sees changes at "
      "once.\n"
      "Examples:\n  deskhouse -C my-desk users add kim --role analyst\n"
      "  deskhouse -C my-desk users token prometheus --role viewer");
}

}  // namespace deskhouse::app
