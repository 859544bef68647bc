// The commands, in the order of --help. Explicit, so that a reader finds all of them here.
#include "app/command.h"

namespace deskhouse::app {

void add_run(CLI::App&, Globals&, std::function<Outcome()>&);
void add_query(CLI::App&, Globals&, std::function<Outcome()>&);

const Command kCommands[] = {
    {"run", add_run},
    {"query", add_query},
};
const std::size_t kCommandCount = std::size(kCommands);

}  // namespace deskhouse::app
