// HTTP/1.1 on one address of this machine: connections kept alive, bodies compressed, everything limited. Each request
// is answered by a pool of threads; connections cost no thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "server/http.h"

namespace deskhouse::server {

struct HttpLimits {
  std::uint32_t header_bytes = 16 << 10;
  std::uint64_t body_bytes = 1 << 20;
  std::size_t connections = 4096;  // beyond it the longest idle one makes room; if none is idle, a new one is told 503
  std::chrono::seconds request_time{20};  // from its first byte to its last
  std::chrono::seconds idle_time{75};     // between requests
  std::size_t threads = 32;               // that answer; more than may wait for the warehouse at once
};

class HttpServer {
 public:
  // Called by several threads at once.
  using Handler = std::function<Response(const Request&)>;

  HttpServer(Handler handler, HttpLimits limits);
  HttpServer(const HttpServer&) = delete;
  ~HttpServer();  // stops

  // From now on connections speak TLS (1.2 or later) with this certificate and key (PEM files). May be called again:
  // new connections have the new one. Fails with Kind::config, and what was before stays.
  Status use_tls(const std::string& certificate, const std::string& key);
  // "127.0.0.1:8080", port 0 takes a free one. Fails with Kind::usage for what is no address, Kind::io where it cannot
  // be listened to. Answers from then on.
  Status listen(const std::string& address);
  std::uint16_t port() const;
  // No new connections; what is being answered is, for at most some seconds.
  void stop();
  std::size_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace deskhouse::server
