// deskhouse serve: keeps the warehouse up to date, and answers those who look at it, until told to stop.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

#include "app/alerting.h"
#include "app/command_host.h"
#include "app/log.h"
#include "app/output.h"
#include "app/scheduler.h"
#include "app/stream_service.h"
#include "models/metrics.h"
#include "pipeline/imported_sla.h"
#include "pipeline/records.h"
#include "server/api.h"
#include "server/http_server.h"

namespace deskhouse::app {

namespace {

struct Options {
  std::string listen;
  bool read_only = false;
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

// Runs and the stream over a warehouse that stays open.
struct Open {
  StreamService* stream = nullptr;
  FairLock& writer;
  std::function<void()> published = [] {};  // a run was
  std::function<void()> ended = [] {};      // a run did, or a command that may have written
  std::function<void()> watched = [] {};    // alerts were looked at
  std::function<void()> ready = [] {};      // the commands of other processes are listened to
  std::function<void()> reloaded = {};
};
Outcome serve_open(const Globals& globals, Project& project, const StopSignal& stop, ReloadSignal& reload,
                   const Open& open) {
  auto* const stream = open.stream;
  DH_ASSIGN(auto connection, project.warehouse.database->connect());
  AlertWatch watch(globals, [&](const config::Config&, const AlertWatch::Use& use) -> Status {
    if (stream != nullptr) DH_TRY(stream->lag().write(connection));
    auto used = use(connection);
    open.watched();
    return used;
  });
  const auto after_run = [&] {
    if (stream != nullptr) stream->run_was_published();
    open.published();
  };
  DH_ASSIGN(const auto commands, CommandHost::open(globals, open.writer, &project, [&] {
              after_run();
              open.ended();
              watch.poke();
            }));
  open.ready();
  Scheduler scheduler(globals, seed(),
                      {.published = after_run,
                       .ended =
                           [&] {
                             open.ended();
                             watch.poke();
                           },
                       .reread =
                           [&] {
                             if (stream != nullptr) stream->config_was_read();
                           },
                       .reloaded = open.reloaded,
                       .alone = &open.writer},
                      &project);
  scheduler.run_until(stop, reload);
  return 0;
}

// The pages and the API over a warehouse that is open.
class Pages {
 public:
  Pages(const Globals& globals, Project& project, std::string address)
      : globals_(globals),
        project_(project),
        address_(std::move(address)),
        has_certificate_(!project.config.server.certificate.empty()),
        gate_(access::accounts_file(globals.folder()), has_certificate_),
        live_(pipeline::now().us) {}
  ~Pages() {
    if (http_) http_->stop();
  }
  Pages(const Pages&) = delete;

  // Listens. `numbers`: of a stream that is read.
  Status open(std::optional<server::LiveNumbers> numbers) {
    const auto& config = project_.config.server;
    server::Login login;
    if (config.asks_always || !is_this_machine(address_)) {
      DH_TRY(check_login(gate_, config, address_));
      login.gate = &gate_;
      if (config.keeps_audit) {
        DH_ASSIGN(audit_, server::AuditLog::open(globals_.folder() / "deskhouse.audit.jsonl"));
      }
      login.audit = audit_.get();
    }
    DH_ASSIGN(auto metrics, models::load_metrics(globals_.folder()));
    api_ =
        std::make_unique<server::Api>(*project_.warehouse.database, project_.config, std::move(metrics), live_, login);
    if (numbers) api_->show(*std::move(numbers));
    DH_TRY(api_->refresh());
    http_ = std::make_unique<server::HttpServer>(
        [this](const server::Request& request) { return api_->answer(request); }, server::HttpLimits{});
    DH_TRY(use_certificate(*http_, project_.config));
    return http_->listen(address_);
  }

  void refresh(bool tells) {
    if (const auto seen = api_->refresh(tells); !seen) log(Level::error, seen.error().message);
  }
  // A run was published, and deskhouse.toml may be another one.
  void published() {
    if (auto defined = models::load_metrics(globals_.folder())) api_->use(project_.config, *std::move(defined));
    refresh(true);
  }
  void forget_answers() { api_->forget_answers(); }
  void look_again() { api_->look_again(); }
  void read_certificate_again() { app::read_certificate_again(*http_, globals_); }
  server::LiveHub& live() { return live_; }
  void say_address() {
    if (globals_.quiet) return;
    fmt::print("{}://{}:{}/\n", has_certificate_ ? "https" : "http", address_.substr(0, address_.rfind(':')),
               http_->port());
    std::fflush(stdout);
  }
  void stop() { http_->stop(); }

 private:
  const Globals& globals_;
  Project& project_;
  const std::string address_;
  const bool has_certificate_;
  server::Gate gate_;
  std::unique_ptr<server::AuditLog> audit_;
  server::LiveHub live_;
  std::unique_ptr<server::Api> api_;
  std::unique_ptr<server::HttpServer> http_;
};

Outcome serve_pages(const Globals& globals, Project& project, const std::string& address, const StopSignal& stop,
                    ReloadSignal& reload) {
  FairLock writer;
  StreamService stream(globals, project, writer);
  Pages pages(globals, project, address);
  const bool has_stream = !project.config.stream.brokers.empty();
  DH_TRY(pages.open(has_stream ? std::optional(stream.numbers()) : std::nullopt));
  if (has_stream)
    stream.start({.committed = [&] { pages.refresh(false); },
                  .tell = [&](const std::string& json) { pages.live().publish("live", json, true); },
                  .tell_data = [&] { pages.refresh(true); }});
  const auto done = serve_open(globals, project, stop, reload,
                               {.stream = has_stream ? &stream : nullptr,
                                .writer = writer,
                                .published = [&] { pages.published(); },
                                .ended = [&] { pages.forget_answers(); },
                                .watched = [&] { pages.look_again(); },
                                .ready = [&] { pages.say_address(); },
                                .reloaded = [&] { pages.read_certificate_again(); }});
  stream.stop();
  pages.stop();
  return done;
}

// Pages over what another process writes: looks each second whether there is something new.
Outcome serve_reading(const Globals& globals, Project& project, const std::string& address, const StopSignal& stop,
                      ReloadSignal& reload) {
  constexpr std::int64_t kBetweenLooks = kMicrosPerSecond;
  Pages pages(globals, project, address);
  DH_TRY(pages.open(std::nullopt));
  pages.say_address();
  std::int64_t seen = -1;
  std::string told;  // why the catalogue could not be asked
  while (!stop.wait(Timestamp{pipeline::now().us + kBetweenLooks}, [&] { return reload.asked(); })) {
    if (reload.take()) {
      if (auto config = config::load(globals.folder()))
        project.config = *std::move(config);
      else
        log(Level::error, "deskhouse.toml stays as it was: " + printable(config.error().message));
      pages.read_certificate_again();
      pages.published();
    }
    if (!project.warehouse.connection.is_of_lake()) continue;  // nobody writes to a file that somebody reads
    const auto latest = project.warehouse.database->latest_snapshot();
    const auto problem = latest ? std::string() : latest.error().message;
    if (problem != told && !problem.empty()) log(Level::error, "nothing new can be seen: " + printable(problem));
    if (problem.empty() && !told.empty()) log(Level::info, "the lake answers again");
    told = problem;
    if (!latest || *latest == std::exchange(seen, *latest)) continue;
    pages.published();
    pages.forget_answers();  // of runs that failed, too
  }
  return 0;
}

Outcome serve(const Globals& globals, const Options& options) {
  // Before anything else: who asks to stop while we start is heard.
  const StopSignal stop;
  std::signal(SIGPIPE, SIG_IGN);  // who hangs up is told by write()
  ReloadSignal reload;
  DH_ASSIGN(const auto config, config::load(globals.folder()));
  if (options.read_only) {
    if (options.listen.empty()) return fail(Error::Kind::usage, "--read-only shows pages: it needs --listen");
    DH_ASSIGN(auto project, open_own_project(globals, true));
    return serve_reading(globals, project, options.listen, stop, reload);
  }
  if (!options.listen.empty() || !config.stream.brokers.empty()) {
    DH_ASSIGN(auto project, open_project(globals, false));
    if (!options.listen.empty()) return serve_pages(globals, project, options.listen, stop, reload);
    FairLock writer;
    StreamService stream(globals, project, writer);
    stream.start({});
    return serve_open(globals, project, stop, reload, {.stream = &stream, .writer = writer});
  }
  FairLock alone;  // the warehouse is open for the run under way, or for the alerts
  DH_TRY(Scheduler(globals, seed(), {}).check());
  AlertWatch watch(globals, [&](const config::Config&, const AlertWatch::Use& use) -> Status {
    const std::lock_guard lock(alone);
    DH_ASSIGN(auto project, open_project(globals, false));
    return use(project.warehouse.connection);
  });
  DH_ASSIGN(const auto commands, CommandHost::open(globals, alone, nullptr, [&] { watch.poke(); }));
  Scheduler scheduler(globals, seed(),
                      {.published = {}, .ended = [&] { watch.poke(); }, .reread = {}, .reloaded = {}, .alone = &alone});
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
  command->add_flag("--read-only", options->read_only,
                    "Only show what another process writes to the same lake: no runs, no alerts, no stream, and no\n"
                    "commands of others; any number of such servers");
  command->footer(
      "How often is `every` of each source in deskhouse.toml (15m without it); deleted records are looked for as "
      "often\n"
      "as `sweep` says. One source at a time, each in a run of its own: one that fails is tried again after 10 s, "
      "then\n"
      "more slowly, at most its interval later, and the others go on. Starts are spread by up to a tenth. What is\n"
      "overdue when it starts is read at once, once.\n"
      "Where stream.brokers is set, events of topics are read too, as `deskhouse stream` does, in turns with the "
      "runs;\n"
      "after an error it is tried again, later each time up to a minute.\n"
      "Other commands of this user that need the warehouse are run by this process, over deskhouse.sock in the "
      "project\n"
      "folder: what reads sees the last whole run, what writes waits for the run under way.\n"
      "SIGTERM and SIGINT: stops after the run that is under way. SIGHUP: reads deskhouse.toml again now, which is "
      "also\n"
      "read before each run, and the certificate.\n"
      "Alerts (docs/alerts.md) are looked at each alerting.every, and after each run.\n"
      "Examples:\n  deskhouse -C my-desk serve\n  deskhouse -C my-desk serve --listen 127.0.0.1:8080\n"
      "  deskhouse -C my-desk serve --listen 127.0.0.1:8081 --read-only");
  command->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return serve(globals, *options); }; });
}

}  // namespace deskhouse::app
