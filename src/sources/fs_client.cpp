#include "sources/fs_client.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <deque>

#include "base/json_text.h"
#include "base/parse.h"
#include "base/version.h"
#include "sources/secret.h"
#include "sources/text_window.h"

namespace deskhouse::sources {
namespace {

using Clock = FsLimits::Clock;
using namespace std::chrono_literals;

constexpr std::size_t kBodyBytesMax = 256 << 20;
constexpr std::int64_t kRefusalsMax = 50;  // 429 in a row for one request
constexpr auto kRetryAfterMax = 3600s;
constexpr long kOk = 200, kUnauthorized = 401, kTooMany = 429, kServerError = 500;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

std::optional<std::int64_t> number(std::string_view text) {
  const auto parsed = parse_integer(text);
  return parsed.ok() ? std::optional(parsed.value) : std::nullopt;
}

// "tickets/7/activities?page=2&include=stats" -> "tickets//activities?include=stats": what calls that cost the same
// have in common.
std::string kind_of(std::string_view path) {
  std::string kind;
  for (const char c : path.substr(0, path.find('?')))
    if (c < '0' || c > '9') kind += c;
  const auto include = path.find("include=");
  if (include != std::string_view::npos) kind += path.substr(include, path.find('&', include) - include);
  return kind;
}

// The beginning of an answer, for a message.
std::string shown(std::string_view body) {
  constexpr std::size_t kShownBytes = 120;
  std::string text = lossy_utf8(cut_record(trimmed(body), kShownBytes));
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  return text;
}

}  // namespace

struct FsClient::Curl {
  CURLM* multi = nullptr;
  std::vector<CURL*> idle;  // kept for their connections

  ~Curl() {
    for (CURL* easy : idle) curl_easy_cleanup(easy);
    if (multi != nullptr) curl_multi_cleanup(multi);
  }
};

// One request until it is answered or given up.
struct FsClient::Call {
  std::string path;
  std::string address;
  FsAnswer answer;
  CURL* easy = nullptr;  // while it is under way
  FsRates rates;
  std::string retry_after, date, location;
  std::int64_t credits = 1, failures = 0, refusals = 0;
  Clock::time_point not_before{}, sent_at{};
  bool done = false;

  void begin() {
    answer = {};
    rates = {};
    retry_after.clear();
    date.clear();
    location.clear();
  }
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* to) {
    auto& call = *static_cast<Call*>(to);
    const std::string_view line(bytes, size * count);
    const auto colon = line.find(':');
    if (line.starts_with("HTTP/")) call.begin();  // of an answer behind a 100 Continue
    if (colon == std::string_view::npos) return size * count;
    const auto name = lower(line.substr(0, colon));
    const auto value = trimmed(line.substr(colon + 1));
    if (name == "x-ratelimit-total") call.rates.total = number(value);
    if (name == "x-ratelimit-remaining") call.rates.remaining = number(value);
    if (name == "x-ratelimit-used-currentrequest") call.rates.used = number(value);
    if (name == "retry-after") call.retry_after = value;
    if (name == "date") call.date = value;
    if (name == "location") call.location = value;
    if (name == "link" && value.find("rel=\"next\"") != std::string_view::npos) call.answer.has_next = true;
    return size * count;
  }
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* to) {
    auto& body = static_cast<Call*>(to)->answer.body;
    if (body.size() + size * count > kBodyBytesMax) return 0;
    body.append(bytes, size * count);
    return size * count;
  }
};

FsClient::FsClient(const config::Freshservice& account, std::string source, int line)
    : account_(account),
      source_(std::move(source)),
      line_(line),
      limits_(std::chrono::seconds(account.rate_window_seconds)),
      random_(std::random_device()()) {}

FsClient::~FsClient() = default;

Error FsClient::with_name(const std::string& message) const {
  const auto place = line_ > 0 ? fmt::format("deskhouse.toml line {}: ", line_) : "";
  return {Error::Kind::source, fmt::format("{}source '{}': {}", place, source_, message)};
}

Status FsClient::prepare() {
  if (curl_) return {};
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (global != CURLE_OK) return std::unexpected(with_name("the HTTP library cannot start"));
  auto key = read_secret({.env_key = "api_key_env",
                          .env = account_.api_key_env,
                          .file_key = "api_key_file",
                          .file = account_.api_key_file,
                          .project = account_.project,
                          .what = "the API key"});
  if (!key) return std::unexpected(with_name(key.error().message));
  key_ = trimmed(*key);
  const auto is_sound = [](char c) { return c > ' ' && c < '\x7F' && c != ':'; };
  if (key_.empty() || !std::ranges::all_of(key_, is_sound))
    return std::unexpected(
        with_name("the API key is empty or holds characters that no key has; copy it again from the "
                  "profile settings of an agent"));
  curl_ = std::make_unique<Curl>();
  curl_->multi = curl_multi_init();
  return {};
}

std::int64_t FsClient::credits_of(const std::string& path) const {
  const auto kind = kind_of(path);
  const auto known = std::ranges::find(credits_, kind, &std::pair<std::string, std::int64_t>::first);
  return known == credits_.end() ? 1 : known->second;
}

Status FsClient::start(Call& call) {
  CURL* easy = curl_->idle.empty() ? curl_easy_init() : curl_->idle.back();
  if (!curl_->idle.empty()) curl_->idle.pop_back();
  curl_easy_reset(easy);
  call.begin();
  call.easy = easy;
  call.address = fmt::format("{}/api/v2/{}", account_.url, call.path);
  constexpr long kMillis = 1000, kConnectMillis = 20'000;
  curl_easy_setopt(easy, CURLOPT_URL, call.address.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, account_.url.starts_with("https") ? "https" : "http");
  if (!account_.url.starts_with("https")) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");  // it is on this machine
  curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
  curl_easy_setopt(easy, CURLOPT_USERNAME, key_.c_str());
  curl_easy_setopt(easy, CURLOPT_PASSWORD, "X");
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  const std::string agent = fmt::format("deskhouse/{}", kVersion);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, agent.c_str());
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  const long timeout = static_cast<long>(account_.timeout_seconds) * kMillis;
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout, kConnectMillis));
  std::filesystem::path roots = account_.sslrootcert;
  if (!roots.empty() && roots.is_relative()) roots = account_.project / roots;
  if (!roots.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, roots.c_str());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Call::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &call);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Call::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &call);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &call);
  call.credits = credits_of(call.path);
  call.sent_at = Clock::now();
  limits_.sent(call.credits, call.sent_at);
  counts_.calls.fetch_add(1, std::memory_order_relaxed);
  if (curl_multi_add_handle(curl_->multi, easy) != CURLM_OK)
    return std::unexpected(with_name("the HTTP library does not take the request"));
  return {};
}

void FsClient::read_clock(const std::string& date) {
  const auto seconds = date.empty() ? -1 : curl_getdate(date.c_str(), nullptr);
  if (seconds < 0) return;
  const auto ours =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  clock_ahead_us_ = static_cast<std::int64_t>(seconds) * 1'000'000 - ours;
}

void FsClient::fail_or_retry(Call& call, std::string why, std::optional<std::chrono::seconds> pause) {
  call.answer = {};
  if (++call.failures > account_.retries) {
    call.answer.failure =
        fmt::format("{}{}: {}", call.failures > 1 ? fmt::format("tried {} times, ", call.failures) : "",
                    call.path.substr(0, call.path.find('?')), why);
    call.done = true;
    return;
  }
  counts_.retries.fetch_add(1, std::memory_order_relaxed);
  call.not_before = Clock::now() + fs_backoff(static_cast<int>(call.failures), random_);
  if (pause) limits_.blocked_until(Clock::now() + *pause);
}

Status FsClient::judge_failure(Call& call, int curl_code) {
  const auto code = static_cast<CURLcode>(curl_code);
  const std::string why = curl_easy_strerror(code);
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return std::unexpected(with_name(fmt::format(
          "the certificate of {} cannot be trusted ({}); nothing was sent to it. Correct the address, or name the "
          "certificates to trust with sslrootcert",
          account_.url, why)));
    case CURLE_WRITE_ERROR:
      return std::unexpected(
          with_name(fmt::format("the answer to {} is longer than {} MB", call.path, kBodyBytesMax >> 20)));
    case CURLE_COULDNT_RESOLVE_HOST:
      fail_or_retry(call, fmt::format("there is no host of the name in {}; correct domain or url", account_.url), {});
      return {};
    case CURLE_COULDNT_CONNECT:
      fail_or_retry(call, fmt::format("{} cannot be reached ({})", account_.url, why), {});
      return {};
    case CURLE_SSL_CONNECT_ERROR:
      fail_or_retry(call, fmt::format("{} cannot be spoken to over TLS ({}); is it the right port?", account_.url, why),
                    {});
      return {};
    case CURLE_OPERATION_TIMEDOUT:
      fail_or_retry(call, fmt::format("no whole answer within {} s (timeout)", account_.timeout_seconds), {});
      return {};
    default:
      fail_or_retry(call, why, {});
      return {};
  }
}

Status FsClient::judge_status(Call& call) {
  const long status = call.answer.status;
  auto pause = number(call.retry_after);
  if (!pause && !call.retry_after.empty()) {
    const auto until = curl_getdate(call.retry_after.c_str(), nullptr);
    if (until >= 0) pause = std::max<std::int64_t>(0, until - curl_getdate(call.date.c_str(), nullptr));
  }
  const auto seconds = pause ? std::optional(std::chrono::seconds(std::max<std::int64_t>(*pause, 0))) : std::nullopt;
  if (seconds && *seconds > kRetryAfterMax && (status == kTooMany || status >= kServerError))
    return std::unexpected(with_name(fmt::format("{} asks to wait for {} s; run again then", account_.url, *pause)));
  if (status == kTooMany) {
    if (++call.refusals > kRefusalsMax)
      return std::unexpected(with_name(
          fmt::format("{} refused {} {} times in a row because of its limit of calls; is something else using the key?",
                      account_.url, call.path.substr(0, call.path.find('?')), kRefusalsMax)));
    counts_.retries.fetch_add(1, std::memory_order_relaxed);
    // A little later than told, for its clock has whole seconds.
    const auto wait =
        seconds ? std::chrono::milliseconds(*seconds) + 50ms : fs_backoff(static_cast<int>(call.refusals) + 2, random_);
    limits_.blocked_until(Clock::now() + wait);
    return {};
  }
  if (status >= kServerError) {
    fail_or_retry(call, fmt::format("the server answers {}", status), seconds);
    return {};
  }
  if (status == kUnauthorized)
    return std::unexpected(with_name(fmt::format(
        "{} does not accept the API key (401). Correct what api_key_env or api_key_file gives: the key of an agent, "
        "from its profile settings",
        account_.url)));
  if (status >= 300 && status < 400)
    return std::unexpected(
        with_name(fmt::format("{} sends us on to {}; the key is sent to no other host. Correct domain or url",
                              account_.url, call.location.empty() ? "another address" : shown(call.location))));
  call.done = status == kOk || status == 400 || status == 403 || status == 404;
  if (!call.done)
    return std::unexpected(
        with_name(fmt::format("{} answers {} to {}: {}", account_.url, status, call.path, shown(call.answer.body))));
  if (status != kOk) return {};
  simdjson::dom::parser parser;
  call.answer.body.reserve(call.answer.body.size() + simdjson::SIMDJSON_PADDING);
  if (!parser.parse(call.answer.body.data(), call.answer.body.size(), false).error()) return {};
  call.done = false;
  fail_or_retry(call, fmt::format("the answer is not JSON: \"{}\"", shown(call.answer.body)), {});
  return {};
}

Status FsClient::judge(Call& call, int curl_code) {
  curl_easy_getinfo(call.easy, CURLINFO_RESPONSE_CODE, &call.answer.status);
  curl_multi_remove_handle(curl_->multi, call.easy);
  curl_->idle.push_back(call.easy);
  call.easy = nullptr;
  limits_.answered(call.credits, call.rates, call.sent_at);
  counts_.per_window.store(limits_.total(), std::memory_order_relaxed);
  read_clock(call.date);
  if (call.rates.used && *call.rates.used > 0) {
    counts_.credits.fetch_add(*call.rates.used, std::memory_order_relaxed);
    const auto kind = kind_of(call.path);
    auto known = std::ranges::find(credits_, kind, &std::pair<std::string, std::int64_t>::first);
    if (known == credits_.end()) known = credits_.insert(credits_.end(), {kind, 1});
    known->second = *call.rates.used;
  }
  return curl_code == CURLE_OK ? judge_status(call) : judge_failure(call, curl_code);
}

// The calls of one get(), until all are done.
class FsClient::Batch {
 public:
  Batch(FsClient& client, std::span<const std::string> paths) : client_(client), calls_(paths.size()) {
    for (std::size_t i = 0; i < paths.size(); ++i) {
      calls_[i].path = paths[i];
      waiting_.push_back(&calls_[i]);
    }
  }
  ~Batch() {  // after an error some may be under way
    for (Call* call : under_way_) {
      curl_multi_remove_handle(client_.curl_->multi, call->easy);
      curl_easy_cleanup(call->easy);
    }
  }

  Result<std::vector<FsAnswer>> run() {
    while (!waiting_.empty() || !under_way_.empty()) {
      DH_ASSIGN(const auto wake, start_some());
      int running = 0;
      curl_multi_perform(client_.curl_->multi, &running);
      DH_ASSIGN(const bool any, collect());
      if (!any) wait(wake);
    }
    std::vector<FsAnswer> answers;
    for (auto& call : calls_) answers.push_back(std::move(call.answer));
    return answers;
  }

 private:
  // Starts what may start now; returns when to look again, if nothing is answered before.
  Result<Clock::time_point> start_some() {
    auto wake = Clock::now() + 1s;
    while (std::ssize(under_way_) < client_.account_.concurrency) {
      const auto now = Clock::now();
      const auto next = std::ranges::find_if(waiting_, [&](const Call* call) { return call->not_before <= now; });
      for (const Call* call : waiting_) wake = std::min(wake, std::max(call->not_before, now));
      if (next == waiting_.end()) return wake;
      const auto free_at = client_.limits_.free_at(client_.credits_of((*next)->path), now);
      if (free_at > now) return std::min(free_at, now + 1s);
      Call* call = *next;
      waiting_.erase(next);
      under_way_.push_back(call);
      if (auto started = client_.start(*call); !started) return std::unexpected(started.error());
    }
    return Clock::now() + 1s;
  }

  Result<bool> collect() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(client_.curl_->multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      any = true;
      const CURLcode code = message->data.result;
      Call* call = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
      std::erase(under_way_, call);
      DH_TRY(client_.judge(*call, code));
      if (!call->done) waiting_.push_front(call);
    }
    return any;
  }

  void wait(Clock::time_point wake) {
    const auto before = Clock::now();
    const auto pause = std::chrono::ceil<std::chrono::milliseconds>(wake - before);
    if (pause <= 0ms) return;
    curl_multi_poll(client_.curl_->multi, nullptr, 0, static_cast<int>(pause.count()), nullptr);
    if (under_way_.empty())
      client_.counts_.waited_ms.fetch_add(
          std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - before).count(),
          std::memory_order_relaxed);
  }

  FsClient& client_;
  std::vector<Call> calls_;
  std::deque<Call*> waiting_;
  std::vector<Call*> under_way_;
};

Result<std::vector<FsAnswer>> FsClient::get(std::span<const std::string> paths) {
  DH_TRY(prepare());
  return Batch(*this, paths).run();
}

Result<FsAnswer> FsClient::get(const std::string& path) {
  DH_ASSIGN(auto answers, get(std::span(&path, 1)));
  if (answers.front().status == 0) return std::unexpected(with_name(answers.front().failure));
  return std::move(answers.front());
}

}  // namespace deskhouse::sources
