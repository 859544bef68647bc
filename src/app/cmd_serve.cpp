// deskhouse serve: keeps the warehouse up to date until told to stop.
#include <unistd.h>

#include "app/scheduler.h"
#include "pipeline/records.h"

namespace deskhouse::app {

namespace {

Outcome serve(const Globals& globals) {
  // Before anything else: who asks to stop while we start is heard.
  const StopSignal stop;
  ReloadSignal reload;
  Scheduler scheduler(globals, static_cast<std::uint64_t>(pipeline::now().us) ^ static_cast<std::uint64_t>(getpid()));
  DH_TRY(scheduler.check());
  scheduler.run_until(stop, reload);
  return 0;
}

}  // namespace

void add_serve(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto* command = root.add_subcommand("serve", "Read each source at its interval, until told to stop");
  command->footer(
      "How often is `every` of each source in deskhouse.toml (15m without it); deleted records are looked for as "
      "often\n"
      "as `sweep` says. One source at a time, each in a run of its own: one that fails is tried again after 10 s, "
      "then\n"
      "more slowly, at most its interval later, and the others go on. Starts are spread by up to a tenth. What is\n"
      "overdue when it starts is read at once, once.\n"
      "SIGTERM and SIGINT: stops after the run that is under way. SIGHUP: reads deskhouse.toml again now; it is also\n"
      "read before each run.\n"
      "Example:\n  deskhouse -C my-desk serve");
  command->callback([&globals, &chosen] { chosen = [&globals] { return serve(globals); }; });
}

}  // namespace deskhouse::app
