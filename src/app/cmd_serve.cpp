// deskhouse serve: keeps the warehouse up to date, and answers those who look at it, until told to stop.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

#include "app/alerting.h"
#include "app/command_host.h"
#include "app/log.h"
#include "app/output.h"
#include "app/scheduler.h"
#include "models/metrics.h"
#include "pipeline/imported_sla.h"
#include "pipeline/records.h"
#include "server/api.h"
#include "server/http_server.h"

namespace deskhouse::app {

namespace {

struct Options {
  std::string listen;
};

std::uint64_t seed() {
  return static_cast<std::uint64_t>(pipeline::now().us) ^ static_cast<std::uint64_t>(getpid());
}

bool is_this_machine(const std::string& address) {
  for (const std::string_view local : {"127.0.0.1:", "localhost:", "[::1]:"})
    if (address.starts_with(local)) return true;
  return false;
}

// What others than this machine may not do without: somebody who may sign in, and a line that nobody reads along.
Status check_login(server::Gate& gate, const config::ServerConfig& config, const std::string& address) {
  DH_ASSIGN(const auto accounts, gate.accounts());
  if (accounts == 0)
    return fail(Error::Kind::config,
                "There is a login, and nobody who may sign in: `deskhouse users add NAME --role analyst`");
  if (config.certificate.empty() && !is_this_machine(address))
    return fail(Error::Kind::config,
                fmt::format("--listen {}: passwords of others would travel in the clear. Set server.certificate and "
                            "server.key in deskhouse.toml, or listen to 127.0.0.1 and put a server with TLS in front",
                            address));
  return {};
}

Status use_certificate(server::HttpServer& http, const config::Config& config) {
  if (config.server.certificate.empty()) return {};
  return http.use_tls((config.project / config.server.certificate).string(),
                      (config.project / config.server.key).string());
}

// A certificate is renewed every few weeks: no reason for a new process. One that cannot be read changes nothing.
void read_certificate_again(server::HttpServer& http, const Globals& globals) {
  const auto config = config::load(globals.folder());
  if (!config) return;  // the scheduler says so
  if (const auto used = use_certificate(http, *config); !used)
    log(Level::error, "the certificate stays as it was: " + used.error().message);
}

Outcome serve_pages(const Globals& globals, const std::string& address, const StopSignal& stop, ReloadSignal& reload) {
  DH_ASSIGN(auto project, open_project(globals, false));
  const auto& config = project.config.server;
  server::Gate gate(access::accounts_file(globals.folder()), !config.certificate.empty());
  server::Login login;
  std::unique_ptr<server::AuditLog> audit;
  if (config.asks_always || !is_this_machine(address)) {
    DH_TRY(check_login(gate, config, address));
    login.gate = &gate;
    if (config.keeps_audit) {
      DH_ASSIGN(audit, server::AuditLog::open(globals.folder() / "deskhouse.audit.jsonl"));
    }
    login.audit = audit.get();
  }
  DH_ASSIGN(auto metrics, models::load_metrics(globals.folder()));
  server::LiveHub live(pipeline::now().us);
  server::Api api(*project.warehouse.database, project.config, std::move(metrics), live, login);
  DH_TRY(api.refresh());
  server::HttpServer http([&](const server::Request& request) { return api.answer(request); }, {});
  DH_TRY(use_certificate(http, project.config));
  DH_TRY(http.listen(address));
  const auto published = [&] {
    if (auto defined = models::load_metrics(globals.folder())) api.use(project.config, *std::move(defined));
    if (const auto seen = api.refresh(); !seen) log(Level::error, seen.error().message);
  };
  DH_ASSIGN(auto connection, project.warehouse.database->connect());
  AlertWatch watch(globals, [&](const config::Config&, const AlertWatch::Use& use) { return use(connection); });
  std::mutex alone;  // one writes at a time: the scheduler, or a command of another process
  const auto wrote = [&] {
    {
      const std::lock_guard lock(alone);
      published();
    }
    watch.poke();
  };
  DH_ASSIGN(const auto commands, CommandHost::open(globals, alone, &project, wrote));
  if (!globals.quiet) {
    fmt::print("{}://{}:{}/\n", config.certificate.empty() ? "http" : "https", address.substr(0, address.rfind(':')),
               http.port());
    std::fflush(stdout);
  }
  Scheduler scheduler(globals, seed(),
                      {.published = published,
                       .ended = [&] { watch.poke(); },
                       .reloaded = [&] { read_certificate_again(http, globals); },
                       .alone = &alone},
                      &project);
  scheduler.run_until(stop, reload);
  http.stop();
  return 0;
}

Outcome serve(const Globals& globals, const Options& options) {
  // Before anything else: who asks to stop while we start is heard.
  const StopSignal stop;
  std::signal(SIGPIPE, SIG_IGN);  // who hangs up is told by write()
  ReloadSignal reload;
  if (!options.listen.empty()) return serve_pages(globals, options.listen, stop, reload);
  std::mutex alone;  // the warehouse is open for the run under way, or for the alerts
  DH_TRY(Scheduler(globals, seed(), {}).check());
  AlertWatch watch(globals, [&](const config::Config&, const AlertWatch::Use& use) -> Status {
    const std::lock_guard lock(alone);
    DH_ASSIGN(auto project, open_project(globals, false));
    return use(project.warehouse.connection);
  });
  DH_ASSIGN(const auto commands, CommandHost::open(globals, alone, nullptr, [&] { watch.poke(); }));
  Scheduler scheduler(globals, seed(),
                      {.published = {}, .ended = [&] { watch.poke(); }, .reloaded = {}, .alone = &alone});
  scheduler.run_until(stop, reload);
  return 0;
}

}  // namespace

void add_serve(CLI::App& root, Globals& globals, std::function<Outcome()>& chosen) {
  auto options = std::make_shared<Options>();
  auto* command =
      root.add_subcommand("serve", "Read each source at its interval, and show the dashboard, until told to stop");
  command->add_option(
      "--listen", options->listen,
      "Show the dashboard and the API at this address of this machine: 127.0.0.1:8080 (port 0: a free one); at any\n"
      "other than 127.0.0.1 who asks must sign in, over HTTPS: `deskhouse users --help`");
  command->footer(
      "How often is `every` of each source in deskhouse.toml (15m without it); deleted records are looked for as "
      "often\n"
      "as `sweep` says. One source at a time, each in a run of its own: one that fails is tried again after 10 s, "
      "then\n"
      "more slowly, at most its interval later, and the others go on. Starts are spread by up to a tenth. What is\n"
      "overdue when it starts is read at once, once.\n"
      "Other commands of this user that need the warehouse are run by this process, over deskhouse.sock in the "
      "project\n"
      "folder: what reads sees the last whole run, what writes waits for the run under way.\n"
      "SIGTERM and SIGINT: stops after the run that is under way. SIGHUP: reads deskhouse.toml again now, which is "
      "also\n"
      "read before each run, and the certificate.\n"
      "Alerts (docs/alerts.md) are looked at each alerting.every, and after each run.\n"
      "Examples:\n  deskhouse -C my-desk serve\n  deskhouse -C my-desk serve --listen 127.0.0.1:8080");
  command->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return serve(globals, *options); }; });
}

}  // namespace deskhouse::app
