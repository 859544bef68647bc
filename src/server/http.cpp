#include "server/http.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json_text.h"

namespace deskhouse::server {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool decode(std::string_view text, bool plus_is_space, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out.find('\0') == std::string::npos;
}

int status_of(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::usage:
      return 400;
    case Error::Kind::config:
      return 409;
    case Error::Kind::gate:
      return 503;
    default:
      return 500;
  }
}

// The host of "host:port", "[::1]:8080" or "http://host:port".
std::string_view host_of(std::string_view address) {
  if (const auto scheme = address.find("://"); scheme != std::string_view::npos) address.remove_prefix(scheme + 3);
  if (address.starts_with('[')) return address.substr(0, address.find(']') + 1);
  return address.substr(0, address.find(':'));
}

bool is_this_machine(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

constexpr int kGzipWindow = 15 + 16;

}  // namespace

std::string Request::header(const std::string& name) const {
  const auto it = headers.find(name);
  return it == headers.end() ? std::string() : it->second;
}

std::string Request::parameter(std::string_view name) const {
  std::string last;
  for (const auto& [given, value] : parameters)
    if (given == name) last = value;
  return last;
}

Response problem(int status, std::string_view title, std::string_view detail) {
  return {.status = status,
          .type = "application/problem+json",
          .body = fmt::format(R"({{"type":"about:blank","status":{},"title":{},"detail":{}}})", status,
                              json_text(title), json_text(detail))};
}

Response problem(const Error& error) {
  const auto status = status_of(error.kind);
  const auto* title = status == 400   ? "The request cannot be answered"
                      : status == 409 ? "Not as things are"
                      : status == 503 ? "The server is busy"
                                      : "The server failed";
  auto response = problem(status, title, error.message);
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

Response fresh(Result<std::string> json) {
  if (!json) return problem(json.error());
  return {.body = *std::move(json), .headers = {{"Cache-Control", "no-store"}}};
}

bool parse_target(std::string_view target, Request& request) {
  const auto question = target.find('?');
  const auto path = target.substr(0, question);
  if (!target.starts_with('/') || !decode(path, false, request.path)) return false;
  request.parts.clear();
  for (std::size_t slash = 0; slash != std::string_view::npos;) {
    const auto next = path.find('/', slash + 1);
    request.parts.emplace_back();
    decode(path.substr(slash + 1, next - slash - 1), false, request.parts.back());
    slash = next;
  }
  if (question == std::string_view::npos) return true;
  for (auto rest = target.substr(question + 1); !rest.empty();) {
    const auto pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const auto equal = pair.find('=');
    std::string name, value;
    if (!decode(pair.substr(0, equal), true, name)) return false;
    if (equal != std::string_view::npos && !decode(pair.substr(equal + 1), true, value)) return false;
    if (!name.empty()) request.parameters.emplace_back(std::move(name), std::move(value));
  }
  return true;
}

bool is_for_us(const Request& request, bool has_login) {
  const auto host = request.header("host"), origin = request.header("origin");
  if (!has_login && !is_this_machine(host_of(host))) return false;
  return origin.empty() || origin == "http://" + host || origin == "https://" + host;
}

std::string gzip(std::string_view text) {
  z_stream stream{};
  [[maybe_unused]] const auto begun =
      deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY);
  DH_ASSERT(begun == Z_OK, "there is memory to compress with");
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  [[maybe_unused]] const auto ended = deflate(&stream, Z_FINISH);
  DH_ASSERT(ended == Z_STREAM_END, "deflateBound is enough");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string gunzip(std::string_view bytes) {
  z_stream stream{};
  [[maybe_unused]] const auto begun = inflateInit2(&stream, kGzipWindow);
  DH_ASSERT(begun == Z_OK, "there is memory to decompress with");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  int state = Z_OK;
  while (state == Z_OK) {
    const auto had = out.size();
    out.resize(had + std::max<std::size_t>(bytes.size() * 4, 4096));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + had);
    stream.avail_out = static_cast<uInt>(out.size() - had);
    state = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  DH_ASSERT(state == Z_STREAM_END, "gzip() gave it");
  return out;
}

}  // namespace deskhouse::server
