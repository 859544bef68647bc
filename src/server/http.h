// Requests and responses as the rest of the room sees them; how they travel is http_server.h's business. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace deskhouse::server {

struct Request {
  std::string method, path;                                     // the path decoded, without the query
  std::vector<std::string> parts;                               // of the path between its slashes, each decoded
  std::vector<std::pair<std::string, std::string>> parameters;  // of the query, decoded, in their order
  std::map<std::string, std::string> headers;                   // names in lower case; of several of one name the last
  std::string body;
  std::string peer;                                    // address that it came from
  std::string visitor;                                 // who asks; empty: nobody had to say
  bool is_masked = false;                              // who asks may not see personal data
  std::int64_t snapshot = 0;                           // of a lake: the one to read; 0: what is there now
  std::stop_token stop;                                // nobody waits for the answer any more
  std::string header(const std::string& name) const;   // empty: absent
  std::string parameter(std::string_view name) const;  // of several the last; empty: absent
};

class LiveHub;

struct Response {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
  bool is_gzip = false;     // the body is compressed already
  LiveHub* live = nullptr;  // events follow until somebody goes away; the body is not sent
};

// RFC 9457: what went wrong as JSON.
Response problem(int status, std::string_view title, std::string_view detail);
// That of an operating error.
Response problem(const Error& error);

// JSON that is not kept anywhere, or what went wrong.
Response fresh(Result<std::string> json);

// "/a%20b?x=1" taken apart; false if it is no path. A slash that is written %2F parts nothing.
bool parse_target(std::string_view target, Request& request);

// Whether a browser may have meant us: an Origin, if there is one, is ours, and without a login the Host header names
// this machine (else another site's name leads here).
bool is_for_us(const Request& request, bool has_login);

std::string gzip(std::string_view text);
std::string gunzip(std::string_view bytes);  // REQUIRES what gzip() gave

}  // namespace deskhouse::server
