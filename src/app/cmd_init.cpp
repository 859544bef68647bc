// deskhouse init: a commented deskhouse.toml to start from.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "app/command.h"
#include "base/json_text.h"

namespace deskhouse::app {

namespace {

struct Options {
  bool force = false;
  std::string source = "files";
};

Outcome init(const Globals& globals, const Options& options) {
  const auto file = globals.folder() / "deskhouse.toml";
  std::error_code error;
  if (std::filesystem::exists(file, error) && !options.force)
    return fail(Error::Kind::usage, fmt::format("{} exists already; --force replaces it", file.string()));
  std::filesystem::create_directories(globals.folder(), error);
  if (error)
    return fail(Error::Kind::io,
                fmt::format("Cannot make the folder {}: {}", globals.folder().string(), error.message()));
  std::ofstream out(file, std::ios::binary);
  const bool is_freshservice = options.source == "freshservice";
  out << (is_freshservice ? config::freshservice_example_toml() : config::example_toml());
  if (!out.flush())
    return fail(Error::Kind::io, fmt::format("Cannot write {}: {}", file.string(), std::strerror(errno)));
  if (globals.json)
    fmt::print("{{\"file\": {}}}\n", json_text(file.string()));
  else if (!globals.quiet)
    fmt::print(
        "Wrote {0}. Next:\n"
        "  1. {1}\n"
        "  2. deskhouse doctor   says what is still missing\n"
        "  3. deskhouse run      loads, and makes the warehouse\n"
        "  4. deskhouse status   shows what became of every record\n",
        file.string(),
        is_freshservice ? "Name your account in it, and set FRESHSERVICE_API_KEY (docs/freshservice.md)."
                        : "Describe your files in it: take the lines under [sources.desk.tickets] into use "
                          "(docs/config.md has every key).");
  return 0;
}

}  // namespace

void add_init(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("init", "Write a commented deskhouse.toml to start from");
  command->add_option("--source", options->source, "Kind of source that it shows")
      ->check(CLI::IsMember({"files", "freshservice"}))
      ->capture_default_str();
  command->add_flag("--force", options->force, "Replace the one that is there");
  command->footer("Examples:\n  deskhouse -C my-desk init\n  deskhouse -C my-desk init --source freshservice");
  command->callback([&globals, &chosen, options] { chosen = [&globals, options] { return init(globals, *options); }; });
}

}  // namespace deskhouse::app
