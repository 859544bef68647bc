#include "server/http_server.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>

#include <utility>  // before Asio, which needs std::exchange and does not say so

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast.hpp>

#include <algorithm>
#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>

#include "base/parse.h"
#include "server/live_hub.h"

namespace deskhouse::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr auto kHandshakeTime = 10s, kGoodbyeTime = 2s;
constexpr std::size_t kWorthCompressing = 1400;  // less fits in one packet anyhow

Request to_request(http::request<http::string_body>&& message, bool& is_sound) {
  Request request;
  request.method = std::string(message.method_string());
  is_sound = parse_target({message.target().data(), message.target().size()}, request);
  for (const auto& field : message) {
    std::string name(field.name_string());
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    request.headers[name] = std::string(field.value());
  }
  request.body = std::move(message.body());
  return request;
}

// What no response of ours is without.
void add_common_headers(http::response<http::string_body>& message) {
  message.set(http::field::server, "deskhouse");
  message.set("X-Content-Type-Options", "nosniff");
  message.set("X-Frame-Options", "DENY");
  // Not no-referrer: browsers then send the forms of our own pages with Origin: null, which is refused.
  message.set("Referrer-Policy", "same-origin");
  message.set("Content-Security-Policy",
              "default-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
              "form-action 'self'; frame-ancestors 'none'");
}

http::response<http::string_body> to_message(Response&& response, const Request& request, unsigned version, bool keep) {
  http::response<http::string_body> message(static_cast<http::status>(response.status), version);
  add_common_headers(message);
  message.set(http::field::content_type, response.type);
  for (const auto& [name, value] : response.headers) message.set(name, value);
  const bool takes_gzip = request.header("accept-encoding").find("gzip") != std::string::npos;
  if (response.is_gzip && !takes_gzip) response.body = gunzip(response.body);
  if (!response.is_gzip && takes_gzip && response.body.size() >= kWorthCompressing) {
    response.body = gzip(response.body);
    response.is_gzip = true;
  }
  if (response.is_gzip && takes_gzip) message.set(http::field::content_encoding, "gzip");
  message.set(http::field::vary, "Accept-Encoding");
  message.keep_alive(keep);
  message.body() = std::move(response.body);
  message.prepare_payload();
  return message;
}

// As many files as the connections need, if the system lets us: its default is 1024. Returns what there is.
std::size_t files_for(std::size_t connections) {
  constexpr rlim_t kOthers = 512;  // the warehouse's, the listener, sources
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return connections;
  const rlim_t wanted = std::min<rlim_t>(connections + kOthers, limit.rlim_max);
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = wanted;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  return limit.rlim_cur > 2 * kOthers ? std::min<std::size_t>(connections, limit.rlim_cur - kOthers)
                                      : std::min<std::size_t>(connections, limit.rlim_cur / 2);
}

// A connection that waits for its next request, in the list of those that do, the longest waiting first.
struct Idle {
  std::list<Idle*>& all;
  beast::tcp_stream& stream;
  std::list<Idle*>::iterator place;
  bool is_listed = true;

  Idle(std::list<Idle*>& list, beast::tcp_stream& connection)
      : all(list), stream(connection), place(list.insert(list.end(), this)) {}
  Idle(const Idle&) = delete;
  ~Idle() {
    if (is_listed) all.erase(place);
  }
};

}  // namespace

struct HttpServer::Impl {
  Handler handler;
  HttpLimits limits;
  std::list<Idle*> idle;  // of the thread of `io`; outlives it: who waits in a connection leaves the list when it ends
  asio::io_context io{1};
  asio::thread_pool workers;
  std::optional<tcp::acceptor> acceptor;
  std::atomic<std::size_t> connections{0};
  std::atomic<bool> stopping{false};
  std::thread thread;
  std::mutex tls_mutex;
  std::shared_ptr<ssl::context> tls;  // none: plain HTTP

  Impl(Handler answer, const HttpLimits& limit) : handler(std::move(answer)), limits(limit), workers(limit.threads) {}

  asio::awaitable<void> accept() {
    while (!stopping) {
      boost::system::error_code error;
      auto socket = co_await acceptor->async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted) co_return;
      if (error) {  // too many open files, say: the ones that end make room
        asio::steady_timer pause(io, 100ms);
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      if (connections >= limits.connections && !make_room()) {
        turn_away(socket);
        continue;
      }
      asio::co_spawn(io, serve(std::move(socket)), asio::detached);
    }
  }

  // Who only holds a connection does not keep out who has a question.
  bool make_room() {
    if (idle.empty()) return false;
    auto& longest = *idle.front();
    idle.pop_front();
    longest.is_listed = false;
    longest.stream.cancel();
    return true;
  }

  // Without waiting: the socket's buffer takes it, or it goes without a word.
  void turn_away(tcp::socket& socket) {
    if (tls_now()) return;
    constexpr std::string_view kBusy =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(kBusy), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  }

  std::shared_ptr<ssl::context> tls_now() {
    const std::lock_guard lock(tls_mutex);
    return tls;
  }

  asio::awaitable<void> serve(tcp::socket socket) {
    struct Counted {
      std::atomic<std::size_t>& count;
      explicit Counted(std::atomic<std::size_t>& c) : count(c) { ++count; }
      ~Counted() { --count; }
    } counted(connections);
    boost::system::error_code error;
    socket.set_option(tcp::no_delay(true), error);
    const auto peer = socket.remote_endpoint(error).address().to_string();
    const auto context = tls_now();
    beast::tcp_stream plain(std::move(socket));
    if (!context) {
      co_await converse(plain, peer);
      co_return;
    }
    ssl::stream<beast::tcp_stream> stream(std::move(plain), *context);
    beast::get_lowest_layer(stream).expires_after(kHandshakeTime);
    co_await stream.async_handshake(ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    co_await converse(stream, peer);
    beast::get_lowest_layer(stream).expires_after(kGoodbyeTime);
    co_await stream.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
  }

  // One request after another.
  template <class Stream>
  asio::awaitable<void> converse(Stream& stream, const std::string& peer) {
    boost::system::error_code error;
    beast::flat_buffer buffer;
    auto& lowest = beast::get_lowest_layer(stream);
    while (!stopping) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(limits.header_bytes);
      parser.body_limit(limits.body_bytes);
      lowest.expires_after(buffer.size() > 0 ? limits.request_time : limits.idle_time);
      // The first byte ends the idling.
      if (buffer.size() == 0) {
        const Idle waiting(idle, lowest);
        const auto got =
            co_await stream.async_read_some(buffer.prepare(4096), asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return;
        buffer.commit(got);
        lowest.expires_after(limits.request_time);
      }
      co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
      if (error) {
        co_await refuse(stream, error);
        co_return;
      }
      if (!co_await answer(stream, parser.release(), peer)) co_return;
    }
  }

  // What cannot be read is told so, once.
  template <class Stream>
  asio::awaitable<void> refuse(Stream& stream, boost::system::error_code error) {
    if (error == http::error::end_of_stream || error == beast::error::timeout || error == asio::error::eof ||
        error == asio::error::connection_reset || error == ssl::error::stream_truncated)
      co_return;
    const auto response =
        error == http::error::body_limit
            ? problem(413, "The body is too large", fmt::format("at most {} bytes", limits.body_bytes))
        : error == http::error::header_limit
            ? problem(431, "The headers are too large", fmt::format("at most {} bytes", limits.header_bytes))
            : problem(400, "This is not HTTP", error.message());
    auto message = to_message(Response(response), {}, 11, false);
    auto& lowest = beast::get_lowest_layer(stream);
    lowest.expires_after(5s);
    co_await http::async_write(stream, message, asio::redirect_error(asio::use_awaitable, error));
    if constexpr (std::is_same_v<Stream, beast::tcp_stream>)
      lowest.socket().shutdown(tcp::socket::shutdown_send, error);
  }

  // False: the connection is done with.
  template <class Stream>
  asio::awaitable<bool> answer(Stream& stream, http::request<http::string_body>&& message, const std::string& peer) {
    const auto version = message.version();
    const bool keep = message.keep_alive() && !stopping, is_head = message.method() == http::verb::head;
    bool is_sound = false;
    Request request = to_request(std::move(message), is_sound);
    request.peer = peer;
    Response response = problem(400, "This is no address of ours", "the path cannot be read");
    if (is_sound) response = co_await handled(stream, request);
    if (response.live != nullptr) {
      co_await watch(stream, *response.live, request);
      co_return false;
    }
    auto reply = to_message(std::move(response), request, version, keep);
    boost::system::error_code error;
    beast::get_lowest_layer(stream).expires_after(limits.request_time);
    if (is_head) {
      http::response_serializer<http::string_body> serializer(reply);
      co_await http::async_write_header(stream, serializer, asio::redirect_error(asio::use_awaitable, error));
    } else {
      co_await http::async_write(stream, reply, asio::redirect_error(asio::use_awaitable, error));
    }
    if constexpr (std::is_same_v<Stream, beast::tcp_stream>)
      if (!keep) stream.socket().shutdown(tcp::socket::shutdown_send, error);
    co_return keep && !error;
  }

  // What a worker answers, and meanwhile a look at the socket now and then: who hangs up wants no answer any more.
  template <class Stream>
  asio::awaitable<Response> handled(Stream& stream, Request& request) {
    constexpr auto kLook = 250ms;
    std::stop_source stop;
    request.stop = stop.get_token();
    std::optional<Response> response;
    asio::steady_timer timer(io);
    asio::post(workers, [&] {
      auto answered = handler(request);
      asio::post(io, [&, answered = std::move(answered)]() mutable {
        response = std::move(answered);
        timer.cancel();
      });
    });
    while (!response) {
      boost::system::error_code ignored;
      timer.expires_after(kLook);
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      if (!response && has_hung_up(beast::get_lowest_layer(stream).socket().native_handle())) stop.request_stop();
    }
    co_return *std::move(response);
  }

  static bool has_hung_up(int socket) {
    pollfd look{.fd = socket, .events = POLLRDHUP, .revents = 0};
    return ::poll(&look, 1, 0) == 1 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
  }

  template <class Stream>
  asio::awaitable<void> watch(Stream& stream, const LiveHub& hub, const Request& request) {
    constexpr auto kLook = 200ms, kHeartbeat = 15'000ms;
    std::string text =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Content-Type-Options: "
        "nosniff\r\nConnection: close\r\n\r\nretry: 2000\n\n";
    const auto last = parse_integer(request.header("last-event-id"));
    std::int64_t id = last.ok() ? last.value : -1;
    asio::steady_timer timer(io);
    boost::system::error_code error;
    auto quiet = 0ms;
    while (!stopping) {
      text += hub.after(id);
      if (text.empty() && quiet >= kHeartbeat) text = ": still here\n\n";
      if (!text.empty()) {
        beast::get_lowest_layer(stream).expires_after(limits.request_time);
        co_await asio::async_write(stream, asio::buffer(text), asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return;
        text.clear();
        quiet = 0ms;
      }
      timer.expires_after(kLook);
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
      quiet += kLook;
    }
  }
};

HttpServer::HttpServer(Handler handler, HttpLimits limits)
    : impl_(std::make_unique<Impl>(std::move(handler), limits)) {}

HttpServer::~HttpServer() {
  stop();
}

Status HttpServer::use_tls(const std::string& certificate, const std::string& key) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  boost::system::error_code error;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                           ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 | ssl::context::single_dh_use,
                       error);
  context->use_certificate_chain_file(certificate, error);
  if (error)
    return fail(Error::Kind::config, fmt::format("server.certificate: {} is no PEM file of a certificate: {}",
                                                 certificate, error.message()));
  context->use_private_key_file(key, ssl::context::pem, error);
  if (error)
    return fail(Error::Kind::config, fmt::format("server.key: {} is not the PEM file of the key of {}: {}", key,
                                                 certificate, error.message()));
  const std::lock_guard lock(impl_->tls_mutex);
  impl_->tls = std::move(context);
  return {};
}

Status HttpServer::listen(const std::string& address) {
  const auto colon = address.rfind(':');
  const auto port = colon == std::string::npos ? ParsedNumber<std::int64_t>{0, NumberFault::not_a_number}
                                               : parse_integer(address.substr(colon + 1));
  boost::system::error_code error;
  auto host = address.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto ip = asio::ip::make_address(host, error);
  if (error || !port.ok() || port.value < 0 || port.value > 65535)
    return fail(Error::Kind::usage, fmt::format("'{}' is no address to listen on; write 127.0.0.1:8080", address));
  const tcp::endpoint endpoint(ip, static_cast<std::uint16_t>(port.value));
  auto& acceptor = impl_->acceptor.emplace(impl_->io);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    return fail(Error::Kind::io, fmt::format("cannot listen on {}: {}. Is another server there? Choose another port "
                                             "with --listen",
                                             address, error.message()));
  impl_->limits.connections = files_for(impl_->limits.connections);
  asio::co_spawn(impl_->io, impl_->accept(), asio::detached);
  impl_->thread = std::thread([this] { impl_->io.run(); });
  return {};
}

std::uint16_t HttpServer::port() const {
  return impl_->acceptor ? impl_->acceptor->local_endpoint().port() : std::uint16_t{0};
}

std::size_t HttpServer::connections() const {
  return impl_->connections;
}

void HttpServer::stop() {
  if (impl_->stopping.exchange(true) || !impl_->thread.joinable()) return;
  asio::post(impl_->io, [this] {
    boost::system::error_code ignored;
    impl_->acceptor->close(ignored);
  });
  constexpr auto kPatience = 3s;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  impl_->workers.join();  // what is being answered
  while (impl_->connections > 0 && std::chrono::steady_clock::now() < until && !impl_->io.stopped())
    std::this_thread::sleep_for(10ms);
  impl_->io.stop();
  impl_->thread.join();
}

}  // namespace deskhouse::server
