#include "config/read_server.h"

#include <fmt/format.h>

namespace deskhouse::config {

ServerConfig read_server(const Section& section) {
  ServerConfig server;
  server.line = section.line();
  server.certificate = section.text("certificate", "");
  server.key = section.text("key", "");
  if (server.certificate.empty() != server.key.empty())
    section.problem(server.key.empty() ? "certificate" : "key", "HTTPS needs both: certificate and key");
  const auto login = section.text("login", "remote");
  if (login != "remote" && login != "always")
    section.problem("login", fmt::format("'{}' is neither remote nor always", login));
  server.asks_always = login == "always";
  server.keeps_audit = section.boolean("audit", server.keeps_audit);
  return server;
}

}  // namespace deskhouse::config
