// The commands, in the order of --help. Explicit, so that a reader finds all of them here.
#include "app/command.h"

namespace deskhouse::app {

void add_init(CLI::App&, Globals&, std::function<Outcome()>&);
void add_demo(CLI::App&, Globals&, std::function<Outcome()>&);
void add_run(CLI::App&, Globals&, std::function<Outcome()>&);
void add_serve(CLI::App&, Globals&, std::function<Outcome()>&);
void add_stream(CLI::App&, Globals&, std::function<Outcome()>&);
void add_publish(CLI::App&, Globals&, std::function<Outcome()>&);
void add_backfill(CLI::App&, Globals&, std::function<Outcome()>&);
void add_status(CLI::App&, Globals&, std::function<Outcome()>&);
void add_query(CLI::App&, Globals&, std::function<Outcome()>&);
void add_explain(CLI::App&, Globals&, std::function<Outcome()>&);
void add_quarantine(CLI::App&, Globals&, std::function<Outcome()>&);
void add_check(CLI::App&, Globals&, std::function<Outcome()>&);
void add_alerts(CLI::App&, Globals&, std::function<Outcome()>&);
void add_partitions(CLI::App&, Globals&, std::function<Outcome()>&);
void add_verify(CLI::App&, Globals&, std::function<Outcome()>&);
void add_diff(CLI::App&, Globals&, std::function<Outcome()>&);
void add_snapshots(CLI::App&, Globals&, std::function<Outcome()>&);
void add_migrate(CLI::App&, Globals&, std::function<Outcome()>&);
void add_maintain(CLI::App&, Globals&, std::function<Outcome()>&);
void add_rebuild(CLI::App&, Globals&, std::function<Outcome()>&);
void add_export(CLI::App&, Globals&, std::function<Outcome()>&);
void add_users(CLI::App&, Globals&, std::function<Outcome()>&);
void add_docs(CLI::App&, Globals&, std::function<Outcome()>&);
void add_doctor(CLI::App&, Globals&, std::function<Outcome()>&);

const Command kCommands[] = {
    {"init", add_init},
    {"demo", add_demo},
    {"run", add_run, true},
    {"serve", add_serve},
    {"stream", add_stream},
    {"publish", add_publish},
    {"backfill", add_backfill, true},
    {"status", add_status, true},
    {"query", add_query, true},
    {"explain", add_explain, true},
    {"quarantine", add_quarantine, true},
    {"check", add_check, true},
    {"alerts", add_alerts, true},
    {"partitions", add_partitions, true},
    {"verify", add_verify, true},
    {"diff", add_diff, true},
    {"snapshots", add_snapshots, true},
    {"rebuild", add_rebuild, true},
    {"maintain", add_maintain, true},
    {"migrate", add_migrate},
    {"export", add_export, true},
    {"users", add_users},
    {"docs", add_docs},
    {"doctor", add_doctor, true},
};
const std::size_t kCommandCount = std::size(kCommands);

}  // namespace deskhouse::app
