// Sends one text over HTTP or SMTP. Hides libcurl. Certificates are always checked, redirects and proxies never
// followed; where private addresses are not allowed, the address that is about to be connected to is looked at, so that
// no name can lead there. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace deskhouse::alerts {

struct Reach {
  bool allow_private = false;
  std::string sslrootcert;  // a file; empty: the system's
  std::int64_t timeout_seconds = 10;
};

// What the other side made of it.
struct Answer {
  long status = 0;  // of HTTP or SMTP; 0: none, and `failure` says why
  std::string failure;
  std::string body;  // of HTTP, its first KiB; the last line of SMTP
  std::int64_t retry_after_seconds = 0;
};

// `headers`: "Name: value" each, of characters that cannot end a header. Neither the answer nor an error names more of
// the address than its host.
Answer post_json(const std::string& url, const std::vector<std::string>& headers, const std::string& body,
                 const Reach& reach);

struct MailServer {
  std::string host;
  std::int64_t port = 0;
  std::string tls;  // starttls, implicit, none
  std::string user, password;
};
Answer send_mail(const MailServer& server, const std::string& from, const std::vector<std::string>& to,
                 const std::string& text, const Reach& reach);

}  // namespace deskhouse::alerts
