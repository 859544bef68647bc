// GET requests to a Freshservice: a few at once, at the pace that it allows, again where they fail. Hides libcurl.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "sources/fs_limits.h"

namespace deskhouse::sources {

struct FsAnswer {
  long status = 0;        // 200, 400, 403 or 404; 0: given up, and `failure` says why
  std::string body;       // of 200 one whole JSON document; simdjson's padding is reserved behind it
  bool has_next = false;  // a Link to a next page
  std::string failure;    // one sentence
};

// What calls have cost so far; may be read by any thread.
struct FsCounts {
  std::atomic<std::int64_t> calls{0}, credits{0}, retries{0}, waited_ms{0};
  std::atomic<std::int64_t> per_window{0};  // the limit that was told; 0: none
};

// One thread at a time.
class FsClient {
 public:
  FsClient(const config::Freshservice& account, std::string source, int line);
  ~FsClient();
  FsClient(const FsClient&) = delete;
  FsClient& operator=(const FsClient&) = delete;

  // Answers in the order of `paths` (behind /api/v2/, with their query). A request that fails (connection, time,
  // 5xx, a body that is cut or no JSON) is sent again after a growing pause, `retries` times; 429 is waited out. What
  // the account as a whole will not have (401, a wrong address, a certificate) is an error; it never shows the key.
  // Redirects are not followed.
  Result<std::vector<FsAnswer>> get(std::span<const std::string> paths);
  // The same for one; given up is an error too.
  Result<FsAnswer> get(const std::string& path);

  const FsCounts& counts() const { return counts_; }
  // The server's clock less ours, of the latest answer.
  std::optional<std::int64_t> clock_ahead_us() const { return clock_ahead_us_; }
  // "source 'desk': message", with the line of deskhouse.toml.
  Error with_name(const std::string& message) const;
  const std::string& url() const { return account_.url; }
  const std::string& source() const { return source_; }

 private:
  struct Curl;
  struct Call;
  class Batch;

  Status prepare();
  Status start(Call& call);
  Status judge(Call& call, int curl_code);
  void fail_or_retry(Call& call, std::string why, std::optional<std::chrono::seconds> pause);
  Status judge_failure(Call& call, int curl_code);
  Status judge_status(Call& call);
  void read_clock(const std::string& date);
  std::int64_t credits_of(const std::string& path) const;

  const config::Freshservice account_;
  const std::string source_;
  const int line_;
  std::string key_;
  std::unique_ptr<Curl> curl_;
  FsLimits limits_;
  std::vector<std::pair<std::string, std::int64_t>> credits_;  // by path without its numbers, as answers told
  FsCounts counts_;
  std::optional<std::int64_t> clock_ahead_us_;
  std::minstd_rand random_;
};

}  // namespace deskhouse::sources
