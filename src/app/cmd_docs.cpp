// deskhouse docs: the generated pages of docs/.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "app/command.h"
#include "base/json_text.h"
#include "pipeline/docs_pages.h"

namespace deskhouse::app {

namespace {

struct Options {
  std::string output = "docs";
};

Outcome docs(const Globals& globals, const Options& options) {
  std::filesystem::path folder = options.output;
  if (folder.is_relative()) folder = globals.folder() / folder;
  DH_ASSIGN(const auto pages, pipeline::docs_pages(globals.folder()));
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return fail(Error::Kind::io, fmt::format("Cannot make the folder {}: {}", folder.string(), error.message()));
  std::string written;
  for (const auto& page : pages) {
    const auto file = (folder / page.name).string();
    std::ofstream out(file, std::ios::binary);
    out << page.text;
    if (!out.flush()) return fail(Error::Kind::io, fmt::format("Cannot write {}: {}", file, std::strerror(errno)));
    written += globals.json ? fmt::format("{}{}", written.empty() ? "" : ", ", json_text(file))
                            : fmt::format("Wrote {}\n", file);
  }
  if (globals.json)
    fmt::print("[{}]\n", written);
  else if (!globals.quiet)
    fmt::print("{}", written);
  return 0;
}

}  // namespace

void add_docs(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command =
      root.add_subcommand("docs", "Write the reference of tables, metrics, configuration and checks as Markdown");
  command->add_option("-o,--output", options->output, "The folder, relative to the project")->capture_default_str();
  command->footer("Includes the models, metrics and checks of the project folder, where it has its own.");
  command->callback([&globals, &chosen, options] { chosen = [&globals, options] { return docs(globals, *options); }; });
}

}  // namespace deskhouse::app
