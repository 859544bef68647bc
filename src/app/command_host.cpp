#include "app/command_host.h"

#include <unistd.h>

#include "app/command_line.h"
#include "app/console.h"
#include "base/version.h"
#include "control/call.h"
#include "pipeline/imported_sla.h"

namespace deskhouse::app {

namespace {

// What the server lends to its commands.
struct Server {
  Globals globals;  // of the project, its folder absolute
  FairLock* alone = nullptr;
  Project* held = nullptr;
  std::function<void()> wrote;
};

struct Hosted {
  const Server* server = nullptr;
  control::Call* call = nullptr;
};
thread_local Hosted* hosted = nullptr;

bool is_gone(const control::Call& call) {
  return call.gone() != control::Call::Gone::no;
}

std::unexpected<Error> gone(const control::Call& call) {
  return fail(Error::Kind::io, call.gone() == control::Call::Gone::server
                                   ? "The server is stopping; what this command had begun is undone. Do it again"
                                   : "Nobody waits for this command any more");
}

// Waits as long as somebody waits for the command.
Result<std::unique_lock<FairLock>> wait_alone(FairLock& alone, control::Call& call) {
  int looks = 0;
  const bool is_ours = alone.lock_unless([&] {
    constexpr int kLooksOfASecond = 50;
    if (++looks == kLooksOfASecond && err_is_terminal()) {
      print_error("waiting for the run that is under way in the server\n");
      std::fflush(console().err);
    }
    return is_gone(call);
  });
  if (!is_ours) return gone(call);
  return std::unique_lock(alone, std::adopt_lock);
}

Result<Project> lend(const Server& server, bool read_only) {
  DH_ASSIGN(auto config, config::load(server.globals.folder()));
  auto& open = server.held->warehouse;
  DH_ASSIGN(auto connection, open.database->connect());
  if (read_only) {
    DH_TRY(connection.execute("begin transaction read only"));
  } else {
    DH_TRY(pipeline::use_imported_sla(config, connection, open.database->functions()));
  }
  // Names of files in a query are those of the caller's folder.
  DH_TRY(connection.execute("set session file_search_path = " + warehouse::sql_text(console().folder.string())));
  return Project{{}, std::move(config), pipeline::Warehouse{open.database, std::move(connection)}, {}};
}

struct CloseFile {
  void operator()(std::FILE* file) const { (void)std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

int run_hosted(const Server& server, control::Call& call) {
  const File in(fdopen(dup(call.in.get()), "r"));
  const File out(patient_stream(call.out.get())), err(patient_stream(call.err.get()));
  if (!in || !out || !err) return 1;
  (void)std::setvbuf(err.get(), nullptr, _IOLBF, BUFSIZ);
  Hosted here{&server, &call};
  hosted = &here;
  int code = 1;
  {
    const UseConsole use({in.get(), out.get(), err.get(), call.out.get(), call.err.get(), call.line.folder,
                          [&call] { return is_gone(call); }});
    CommandLine line;
    if (const auto ended = line.parse(call.line.arguments)) {
      code = *ended;
    } else {
      line.globals.project = server.globals.project;
      code = line.run();
    }
    if (code != 0 && is_gone(call)) print_error("deskhouse: {}\n", gone(call).error().message);
  }
  hosted = nullptr;
  return code;
}

}  // namespace

Result<std::unique_ptr<CommandHost>> CommandHost::open(const Globals& globals, FairLock& alone, Project* held,
                                                       std::function<void()> wrote) {
  std::error_code ignored;
  Server server{globals, &alone, held, std::move(wrote)};
  server.globals.project = std::filesystem::absolute(globals.folder(), ignored).lexically_normal().string();
  std::unique_ptr<CommandHost> host(new CommandHost());
  DH_ASSIGN(host->listener_, control::Listener::open(control::socket_of(globals.folder()), std::string(kVersion),
                                                     [server = std::move(server)](control::Call& call) {
                                                       return run_hosted(server, call);
                                                     }));
  return host;
}

CommandHost::~CommandHost() = default;

bool is_hosted() {
  return hosted != nullptr;
}

Result<Project> open_hosted(Use use) {
  const bool read_only = use == Use::read;
  const auto& server = *hosted->server;
  auto& call = *hosted->call;
  std::unique_lock<FairLock> lock;
  if (!read_only || server.held == nullptr) {
    DH_ASSIGN(lock, wait_alone(*server.alone, call));
  }
  auto project = server.held != nullptr ? lend(server, read_only) : open_own_project(server.globals, read_only);
  if (!project) return project;
  project->alone = std::move(lock);
  // Who writes is not disturbed by the server's end, which waits for it.
  call.when_gone([&call, read_only, interrupt = project->warehouse.connection.interrupter()] {
    if (read_only || call.gone() == control::Call::Gone::caller) interrupt();
  });
  project->interruptible = std::shared_ptr<void>(nullptr, [&call, &server, use](void*) {
    call.when_gone({});
    if (use == Use::write && server.wrote) server.wrote();
  });
  return project;
}

void use_connection(Project& project, warehouse::Connection connection) {
  if (is_hosted()) hosted->call->when_gone(connection.interrupter());
  project.warehouse.connection = std::move(connection);
}

}  // namespace deskhouse::app
