#include "alerts/transport.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "alerts/network.h"
#include "base/version.h"

namespace deskhouse::alerts {

namespace {

constexpr std::size_t kAnswerBytes = 1024;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

List list_of(const std::vector<std::string>& lines) {
  List list;
  for (const auto& line : lines) list.reset(curl_slist_append(list.release(), line.c_str()));
  return list;
}

// What callbacks of one transfer share.
struct Transfer {
  bool allow_private = false;
  bool was_private = false;  // and thus was not connected to
  std::string answer, retry_after, last_line;
  std::string_view rest;  // to be uploaded
};

curl_socket_t open_socket(void* to, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(to);
  if (!transfer.allow_private && !is_public(&address->addr)) {
    transfer.was_private = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// The rest of a long answer is read and forgotten.
std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* to) {
  auto& answer = static_cast<Transfer*>(to)->answer;
  answer.append(bytes, std::min(size * count, kAnswerBytes - std::min(kAnswerBytes, answer.size())));
  return size * count;
}

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* to) {
  auto& transfer = *static_cast<Transfer*>(to);
  const std::string_view line(bytes, size * count);
  transfer.last_line = line.substr(0, std::min(kAnswerBytes, line.find_last_not_of("\r\n") + 1));
  constexpr std::string_view kRetry = "retry-after:";
  if (line.size() > kRetry.size() && strncasecmp(line.data(), kRetry.data(), kRetry.size()) == 0)
    transfer.retry_after = line.substr(kRetry.size());
  return size * count;
}

std::size_t on_upload(char* bytes, std::size_t size, std::size_t count, void* to) {
  auto& rest = static_cast<Transfer*>(to)->rest;
  const auto taken = std::min(size * count, rest.size());
  std::memcpy(bytes, rest.data(), taken);
  rest.remove_prefix(taken);
  return taken;
}

CURL* new_easy() {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  CURL* easy = global == CURLE_OK ? curl_easy_init() : nullptr;
  DH_ASSERT(easy != nullptr, "there is memory for a transfer");
  return easy;
}

void set_up(CURL* easy, Transfer& transfer, const Reach& reach) {
  constexpr long kMillis = 1000;
  transfer.allow_private = reach.allow_private;
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(reach.timeout_seconds) * kMillis);
  if (!reach.sslrootcert.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, reach.sslrootcert.c_str());
}

// Neither libcurl's own buffer of errors, which may hold addresses and answers.
std::string failure_of(CURLcode code, const Transfer& transfer, std::string_view host, std::int64_t timeout) {
  if (transfer.was_private)
    return fmt::format("{} has an address of this machine or of a private network; allow_private = true allows it",
                       host);
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return fmt::format("the certificate of {} cannot be trusted; nothing was sent. sslrootcert names other ones",
                         host);
    case CURLE_COULDNT_RESOLVE_HOST:
      return fmt::format("there is no host {}", host);
    case CURLE_OPERATION_TIMEDOUT:
      return fmt::format("{} did not answer within {} s", host, timeout);
    case CURLE_USE_SSL_FAILED:
      return fmt::format("{} offers no STARTTLS, so nothing was sent", host);
    case CURLE_LOGIN_DENIED:
      return fmt::format("{} does not accept user and password", host);
    default:
      return fmt::format("{}: {}", host, curl_easy_strerror(code));
  }
}

std::string host_of(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return std::string(url.substr(0, url.find_first_of("/?#")));
}

std::int64_t seconds_of(std::string_view text) {
  constexpr std::int64_t kLongest = 3600;
  std::int64_t seconds = 0;
  const auto digits = text.find_first_of("0123456789");
  if (digits == std::string_view::npos || text.find_first_not_of("0123456789 \t\r\n") != std::string_view::npos)
    return 0;  // a date: the pause is ours
  for (const char c : text.substr(digits)) {
    if (c < '0' || c > '9') break;
    seconds = std::min(kLongest, seconds * 10 + (c - '0'));
  }
  return seconds;
}

}  // namespace

Answer post_json(const std::string& url, const std::vector<std::string>& headers, const std::string& body,
                 const Reach& reach) {
  Transfer transfer;
  const std::unique_ptr<CURL, EasyDeleter> easy(new_easy());
  set_up(easy.get(), transfer, reach);
  auto lines = headers;
  lines.emplace_back("Content-Type: application/json");
  lines.emplace_back("Expect:");
  const auto list = list_of(lines);
  const auto agent = fmt::format("deskhouse/{}", kVersion);
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, url.starts_with("http://") ? "http" : "https");
  curl_easy_setopt(easy.get(), CURLOPT_USERAGENT, agent.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  const auto code = curl_easy_perform(easy.get());
  Answer answer;
  if (code != CURLE_OK) {
    answer.failure = failure_of(code, transfer, host_of(url), reach.timeout_seconds);
    return answer;
  }
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  answer.body = std::move(transfer.answer);
  answer.retry_after_seconds = seconds_of(transfer.retry_after);
  return answer;
}

Answer send_mail(const MailServer& server, const std::string& from, const std::vector<std::string>& to,
                 const std::string& text, const Reach& reach) {
  Transfer transfer;
  transfer.rest = text;
  const std::unique_ptr<CURL, EasyDeleter> easy(new_easy());
  set_up(easy.get(), transfer, reach);
  const auto url =
      fmt::format("{}://{}:{}/deskhouse", server.tls == "implicit" ? "smtps" : "smtp", server.host, server.port);
  std::vector<std::string> bracketed;
  for (const auto& one : to) bracketed.push_back("<" + one + ">");
  const auto recipients = list_of(bracketed);
  const auto sender = "<" + from + ">";
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy.get(), CURLOPT_USE_SSL,
                   static_cast<long>(server.tls == "none" ? CURLUSESSL_NONE : CURLUSESSL_ALL));
  if (!server.user.empty()) {
    curl_easy_setopt(easy.get(), CURLOPT_USERNAME, server.user.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_PASSWORD, server.password.c_str());
  }
  curl_easy_setopt(easy.get(), CURLOPT_MAIL_FROM, sender.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(easy.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_READFUNCTION, on_upload);
  curl_easy_setopt(easy.get(), CURLOPT_READDATA, &transfer);
  const auto code = curl_easy_perform(easy.get());
  Answer answer;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  answer.body = std::move(transfer.last_line);
  if (code != CURLE_OK) answer.failure = failure_of(code, transfer, server.host, reach.timeout_seconds);
  return answer;
}

}  // namespace deskhouse::alerts
