// The Freshservice of tests/freshservice for tests of this program: started when it is first asked for, stopped at the
// end of the program.
#pragma once

#include <curl/curl.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "config/config.h"

namespace deskhouse::sources {

class FreshserviceServer {
 public:
  static FreshserviceServer& get() {
    static FreshserviceServer server;
    return server;
  }
  FreshserviceServer(const FreshserviceServer&) = delete;
  FreshserviceServer& operator=(const FreshserviceServer&) = delete;

  config::Freshservice account() const {
    config::Freshservice account;
    account.url = address_;
    account.api_key_env = "DESKHOUSE_TEST_FRESHSERVICE_KEY";
    account.retries = 0;
    return account;
  }
  // From now on the list of `resource` is this JSON array; null: there is none.
  void show(const std::string& resource, const std::string& records) const {
    const std::string url = address_ + "/_control/verbatim", body = "{\"" + resource + "\": " + records + "}";
    CURL* call = curl_easy_init();
    curl_easy_setopt(call, CURLOPT_URL, url.c_str());
    curl_easy_setopt(call, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(call, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(call, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(
        call, CURLOPT_WRITEFUNCTION, +[](char*, std::size_t size, std::size_t count, void*) { return size * count; });
    long status = 0;
    EXPECT_EQ(curl_easy_perform(call), CURLE_OK);
    curl_easy_getinfo(call, CURLINFO_RESPONSE_CODE, &status);
    EXPECT_EQ(status, 200);
    curl_easy_cleanup(call);
  }

 private:
  FreshserviceServer() {
    ::setenv("DESKHOUSE_TEST_FRESHSERVICE_KEY", "test-key", 1);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      ::dup2(ends[1], STDOUT_FILENO);
      if (::chdir(DESKHOUSE_REPO) == 0)
        ::execlp("python3", "python3", "-m", "tests.freshservice.server", "--tickets", "1", "--plan", "unlimited",
                 static_cast<char*>(nullptr));
      ::_exit(127);
    }
    ::close(ends[1]);
    for (char c = 0; ::read(ends[0], &c, 1) == 1 && c != '\n';) address_ += c;
    ::close(ends[0]);
    if (!address_.starts_with("http://")) std::abort();
  }
  ~FreshserviceServer() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }

  pid_t pid_ = 0;
  std::string address_;
};

}  // namespace deskhouse::sources
