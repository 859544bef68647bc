#include "server/gate.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>

#include "access/secret.h"

namespace deskhouse::server {
namespace {

constexpr std::int64_t kSessionSeconds = 12 * 3600;
constexpr std::size_t kMostSessions = 10'000, kMostKeys = 10'000;
constexpr int kFreeTries = 5;
constexpr std::int64_t kLongestWait = 15 * 60;
constexpr std::string_view kCookie = "deskhouse_session";

std::string cookie_of(const Request& request) {
  const auto all = request.header("cookie");
  std::string_view rest = all;
  while (!rest.empty()) {
    auto pair = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.starts_with(kCookie) && pair.substr(kCookie.size()).starts_with('='))
      return std::string(pair.substr(kCookie.size() + 1));
  }
  return {};
}

std::string html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// A page of ours: no other site's, whatever a link says.
std::string own_page(const std::string& next) {
  const bool is_own = next.starts_with('/') && !next.starts_with("//") && next.find('\\') == std::string::npos &&
                      std::ranges::none_of(next, [](unsigned char c) { return c < 0x20; });
  return is_own ? next : "/";
}

std::string encoded(std::string_view text) {
  std::string out;
  for (const unsigned char c : text)
    out += std::isalnum(c) != 0 || c == '/' || c == '-' || c == '_' || c == '.' ? std::string(1, static_cast<char>(c))
                                                                                : fmt::format("%{:02X}", c);
  return out;
}

struct Texts {
  std::string_view language, title, name, password, go, wrong, wait, busy;
};
constexpr Texts kEnglish{"en",
                         "Sign in",
                         "Name",
                         "Password",
                         "Sign in",
                         "This name and password do not go together.",
                         "Too many tries. Try again in {} seconds.",
                         "Too many people sign in at once. Try again."};
constexpr Texts kKorean{"ko",
                        "로그인",
                        "이름",
                        "비밀번호",
                        "로그인",
                        "이름 또는 비밀번호가 맞지 않습니다.",
                        "시도가 너무 많습니다. {}초 후에 다시 시도하세요.",
                        "동시에 로그인하는 사람이 너무 많습니다. 다시 시도하세요."};

const Texts& texts_of(const Request& request) {
  return request.header("accept-language").starts_with("ko") ? kKorean : kEnglish;
}

Response redirect(std::string to) {
  return {.status = 303,
          .type = "text/plain; charset=utf-8",
          .body = "See " + to + "\n",
          .headers = {{"Location", std::move(to)}, {"Cache-Control", "no-store"}}};
}

}  // namespace

std::int64_t Patience::wait(const std::string& key, Timestamp now) const {
  const auto it = tries_.find(key);
  if (it == tries_.end() || it->second.until <= now) return 0;
  return (it->second.until.us - now.us + kMicrosPerSecond - 1) / kMicrosPerSecond;
}

void Patience::failed(const std::string& key, Timestamp now) {
  if (tries_.size() >= kMostKeys) forget(now);
  auto& tries = tries_[key];
  ++tries.failures;
  tries.last = now;
  const int beyond = tries.failures - kFreeTries;
  if (beyond < 0) return;
  const auto seconds = beyond > 10 ? kLongestWait : std::min(kLongestWait, std::int64_t{1} << beyond);
  tries.until = Timestamp{now.us + seconds * kMicrosPerSecond};
}

// Those that were quiet for long; if all are busy, the one that was quiet longest.
void Patience::forget(Timestamp now) {
  std::erase_if(tries_,
                [&](const auto& entry) { return entry.second.last.us + 2 * kLongestWait * kMicrosPerSecond < now.us; });
  if (tries_.size() < kMostKeys) return;
  tries_.erase(std::ranges::min_element(tries_, {}, [](const auto& entry) { return entry.second.last.us; }));
}

// The file may have been written by `deskhouse users` meanwhile.
Status Gate::look() {
  struct stat status {};
  std::array<std::int64_t, 4> seen{};
  if (::stat(file_.c_str(), &status) == 0)
    seen = {static_cast<std::int64_t>(status.st_ino), status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
  if (known_ && seen == seen_) return {};
  DH_ASSIGN(auto accounts, access::Accounts::load(file_));
  known_ = std::move(accounts);
  seen_ = seen;
  return {};
}

Result<std::size_t> Gate::accounts() {
  const std::lock_guard lock(mutex_);
  DH_TRY(look());
  return known_->all().size();
}

std::optional<Visitor> Gate::visitor(const Request& request, Timestamp now) {
  constexpr std::string_view kBearer = "Bearer ";
  const auto authorization = request.header("authorization");
  const auto secret = cookie_of(request);
  const std::lock_guard lock(mutex_);
  if (!look()) return std::nullopt;  // a damaged file lets nobody in
  if (authorization.starts_with(kBearer)) {
    const auto* account = known_->by_token(std::string_view(authorization).substr(kBearer.size()));
    if (account != nullptr) return Visitor{account->name, account->role};
    return std::nullopt;
  }
  if (secret.empty()) return std::nullopt;
  const auto session = sessions_.find(access::hash_token(secret));
  if (session == sessions_.end()) return std::nullopt;
  const auto* account = known_->find(session->second.name);
  if (session->second.until <= now || account == nullptr || account->kept != session->second.kept) {
    sessions_.erase(session);
    return std::nullopt;
  }
  return Visitor{account->name, account->role};
}

Response Gate::sign_in(const Request& request, Timestamp now) {
  if (request.method != "POST") return page(request, 200, "");
  Request form;
  if (!request.header("content-type").starts_with("application/x-www-form-urlencoded") ||
      !parse_target("/?" + request.body, form))
    return problem(400, "This is no form", "name and password as application/x-www-form-urlencoded");
  const auto name = form.parameter("name"), password = form.parameter("password");
  const auto& texts = texts_of(request);
  std::unique_lock lock(mutex_);
  if (const auto status = look(); !status) return problem(status.error());
  const auto wait = std::max(names_.wait(name, now), addresses_.wait(request.peer, now));
  if (wait > 0) {
    auto response = page(request, 429, fmt::format(fmt::runtime(texts.wait), wait));
    response.headers.emplace_back("Retry-After", std::to_string(wait));
    return response;
  }
  const auto accounts = *known_;
  lock.unlock();
  if (!hashing_.try_acquire_for(std::chrono::seconds(2))) return page(request, 503, texts.busy);
  const auto* account = accounts.by_password(name, password);
  hashing_.release();
  lock.lock();
  if (account == nullptr) {
    names_.failed(name, now);
    addresses_.failed(request.peer, now);
    return page(request, 403, texts.wrong);
  }
  names_.succeeded(name);
  addresses_.succeeded(request.peer);
  std::erase_if(sessions_, [&](const auto& session) { return session.second.until <= now; });
  if (sessions_.size() >= kMostSessions) return page(request, 503, texts.busy);
  const auto secret = access::random_secret();
  sessions_[access::hash_token(secret)] = {account->name, account->kept,
                                           Timestamp{now.us + kSessionSeconds * kMicrosPerSecond}};
  auto response = redirect(own_page(form.parameter("next")));
  response.headers.emplace_back("Set-Cookie", fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}",
                                                          kCookie, secret, kSessionSeconds, secure_ ? "; Secure" : ""));
  return response;
}

Response Gate::sign_out(const Request& request) {
  {
    const std::lock_guard lock(mutex_);
    sessions_.erase(access::hash_token(cookie_of(request)));
  }
  auto response = redirect("/login");
  response.headers.emplace_back("Set-Cookie", fmt::format("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{}",
                                                          kCookie, secure_ ? "; Secure" : ""));
  return response;
}

Response Gate::to_sign_in(const Request& request) {
  auto next = encoded(request.path);
  for (char before = '?'; const auto& [name, value] : request.parameters) {
    next += before + encoded(name) + '=' + encoded(value);
    before = '&';
  }
  return redirect(next == "/" ? std::string("/login") : "/login?next=" + encoded(next));
}

Response Gate::page(const Request& request, int status, std::string_view message) const {
  const auto& t = texts_of(request);
  Request form;
  const bool was_sent = request.method == "POST" && parse_target("/?" + request.body, form);
  const auto value = [&](const char* key) { return (was_sent ? form : request).parameter(key); };
  const auto note = message.empty() ? std::string() : fmt::format("<p role=\"alert\">{}</p>", html(message));
  return {.status = status,
          .type = "text/html; charset=utf-8",
          .body = fmt::format(
              "<!doctype html><html lang=\"{0}\"><head><meta charset=\"utf-8\"><title>{1} - Deskhouse</title>"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
              "<link rel=\"stylesheet\" href=\"/login.css\"></head><body><main><h1>Deskhouse</h1>{2}"
              "<form method=\"post\" action=\"/login\"><input type=\"hidden\" name=\"next\" value=\"{3}\">"
              "<label for=\"name\">{4}</label><input id=\"name\" name=\"name\" value=\"{5}\" autocomplete=\"username\" "
              "required autofocus><label for=\"password\">{6}</label><input id=\"password\" name=\"password\" "
              "type=\"password\" autocomplete=\"current-password\" required><button type=\"submit\">{7}</button></form>"
              "</main></body></html>",
              t.language, t.title, note, html(own_page(value("next"))), t.name, html(value("name")), t.password, t.go),
          .headers = {{"Cache-Control", "no-store"}}};
}

Response Gate::style() {
  return {.type = "text/css; charset=utf-8",
          .body =
              ":root{color-scheme:light dark}body{margin:0;min-height:100vh;display:grid;place-items:center;"
              "font:16px/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}"
              "main{width:min(22rem,calc(100vw - 2rem))}h1{font-size:1.5rem;margin:0 0 1rem}"
              "form{display:grid;gap:.25rem}label{font-weight:600;margin-top:.5rem}"
              "input{font:inherit;padding:.5rem .75rem;border:1px solid GrayText;border-radius:.375rem;"
              "background:Field;color:FieldText}button{font:inherit;font-weight:600;margin-top:1rem;padding:.625rem;"
              "border:0;border-radius:.375rem;background:#1d4ed8;color:#fff;cursor:pointer}"
              "button:hover{background:#1e40af}:focus-visible{outline:3px solid #1d4ed8;outline-offset:2px}"
              "[role=alert]{border-inline-start:4px solid #b91c1c;padding-inline-start:.75rem;margin:0 0 .5rem}",
          .headers = {{"Cache-Control", "public, max-age=3600"}}};
}

}  // namespace deskhouse::server
