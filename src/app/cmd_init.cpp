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
  out << config::example_toml();
  if (!out.flush())
    return fail(Error::Kind::io, fmt::format("Cannot write {}: {}", file.string(), std::strerror(errno)));
  if (globals.json)
    fmt::print("{{\"file\": {}}}\n", json_text(file.string()));
  else if (!globals.quiet)
    fmt::print(
        "Wrote {0}. Next:\n"
        "  1. Describe your files in it: take the lines under [sources.desk.tickets] into use (docs/config.md has "
        "every key).\n"
        "  2. deskhouse doctor   says what is still missing\n"
        "  3. deskhouse run      loads, and makes the warehouse\n"
        "  4. deskhouse status   shows what became of every record\n",
        file.string());
  return 0;
}

}  // namespace

void add_init(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("init", "Write a commented deskhouse.toml to start from");
  command->add_flag("--force", options->force, "Replace the one that is there");
  command->footer("Example: deskhouse -C my-desk init");
  command->callback([&globals, &chosen, options] { chosen = [&globals, options] { return init(globals, *options); }; });
}

}  // namespace deskhouse::app
