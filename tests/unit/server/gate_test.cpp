#include "server/gate.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace deskhouse::server {
namespace {

namespace fs = std::filesystem;

constexpr Timestamp kNow{1'790'000'000LL * kMicrosPerSecond};
Timestamp later(std::int64_t seconds) {
  return Timestamp{kNow.us + seconds * kMicrosPerSecond};
}

TEST(Patience, EndsAfterFiveTriesAndGrows) {
  Patience patience;
  for (int i = 0; i < 4; ++i) patience.failed("kim", kNow);
  EXPECT_EQ(patience.wait("kim", kNow), 0);
  patience.failed("kim", kNow);
  EXPECT_EQ(patience.wait("kim", kNow), 1);
  EXPECT_EQ(patience.wait("kim", later(1)), 0);
  EXPECT_EQ(patience.wait("lee", kNow), 0) << "others may";
  for (int i = 0; i < 20; ++i) patience.failed("kim", kNow);
  EXPECT_EQ(patience.wait("kim", kNow), 15 * 60);
  patience.succeeded("kim");
  EXPECT_EQ(patience.wait("kim", kNow), 0);
}

TEST(Patience, TakesNoMoreMemoryThanItMay) {
  Patience patience;
  for (int i = 0; i < 30'000; ++i)
    for (int k = 0; k < 6; ++k) patience.failed("k" + std::to_string(i), later(i));
  EXPECT_GT(patience.wait("k29999", later(29'999)), 0);
  EXPECT_EQ(patience.wait("k0", kNow), 0) << "forgotten";
}

class GateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "gateXXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    auto accounts = access::Accounts::load(access::accounts_file(folder_)).value();
    ASSERT_TRUE(accounts.add_person("kim", access::Role::viewer, kPassword));
    token_ = accounts.add_token("program", access::Role::operate).value();
    ASSERT_TRUE(accounts.save());
    gate_.emplace(access::accounts_file(folder_), true);
  }
  void TearDown() override { fs::remove_all(folder_); }

  Response sign_in(const std::string& name, const std::string& password, Timestamp at = kNow,
                   const std::string& next = "") {
    Request request;
    request.method = "POST";
    request.path = "/login";
    request.peer = "192.0.2.7";
    request.headers["content-type"] = "application/x-www-form-urlencoded";
    request.body = "name=" + name + "&password=" + password + "&next=" + next;
    return gate_->sign_in(request, at);
  }
  static std::string header(const Response& response, const std::string& name) {
    for (const auto& [key, value] : response.headers)
      if (key == name) return value;
    return {};
  }
  // Who has the cookie.
  std::optional<Visitor> with(const std::string& cookie, Timestamp at = kNow) {
    Request request;
    request.headers["cookie"] = "other=1; " + cookie.substr(0, cookie.find(';'));
    return gate_->visitor(request, at);
  }

  static constexpr const char* kPassword = "correct-horse-battery";
  fs::path folder_;
  std::string token_;
  std::optional<Gate> gate_;
};

TEST_F(GateTest, APasswordOpensASessionThatEnds) {
  const auto response = sign_in("kim", kPassword, kNow, "/sla?by=priority");
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(header(response, "Location"), "/sla?by=priority");
  const auto cookie = header(response, "Set-Cookie");
  for (const auto* part : {"HttpOnly", "SameSite=Strict", "Secure", "Path=/"})
    EXPECT_NE(cookie.find(part), std::string::npos) << cookie;
  const auto visitor = with(cookie);
  ASSERT_TRUE(visitor);
  EXPECT_EQ(visitor->name, "kim");
  EXPECT_EQ(visitor->role, access::Role::viewer);
  EXPECT_TRUE(with(cookie, later(11 * 3600)));
  EXPECT_FALSE(with(cookie, later(12 * 3600)));
  EXPECT_FALSE(with("deskhouse_session=guess"));
}

TEST_F(GateTest, SigningOutOrANewPasswordEndsIt) {
  const auto first = header(sign_in("kim", kPassword), "Set-Cookie");
  const auto second = header(sign_in("kim", kPassword), "Set-Cookie");
  Request request;
  request.headers["cookie"] = first.substr(0, first.find(';'));
  EXPECT_EQ(gate_->sign_out(request).status, 303);
  EXPECT_FALSE(with(first));
  EXPECT_TRUE(with(second)) << "another browser's";
  auto accounts = access::Accounts::load(access::accounts_file(folder_)).value();
  ASSERT_TRUE(accounts.set_password("kim", "quite another password"));
  ASSERT_TRUE(accounts.save());
  EXPECT_FALSE(with(second));
  EXPECT_EQ(sign_in("kim", kPassword).status, 403);
}

TEST_F(GateTest, GuessingIsSlowForANameAndForAnAddress) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sign_in("kim", "a wrong password").status, 403);
  const auto refused = sign_in("kim", kPassword);
  EXPECT_EQ(refused.status, 429) << "even the right one";
  EXPECT_EQ(header(refused, "Retry-After"), "1");
  EXPECT_EQ(sign_in("lee", "x").status, 429) << "from the same address";
  EXPECT_EQ(sign_in("kim", kPassword, later(2)).status, 303);
}

TEST_F(GateTest, ATokenIsShownWithEachRequest) {
  Request request;
  request.headers["authorization"] = "Bearer " + token_;
  const auto visitor = gate_->visitor(request, kNow);
  ASSERT_TRUE(visitor);
  EXPECT_EQ(visitor->name, "program");
  EXPECT_EQ(visitor->role, access::Role::operate);
  request.headers["authorization"] = "Bearer " + token_ + "x";
  EXPECT_FALSE(gate_->visitor(request, kNow));
  request.headers["authorization"] = "Basic " + token_;
  EXPECT_FALSE(gate_->visitor(request, kNow));
}

TEST_F(GateTest, LeadsNobodyAwayAndShowsNothingAsMarkup) {
  for (const auto* next :
       {"//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "%2F%2Fevil"})
    EXPECT_EQ(header(sign_in("kim", kPassword, kNow, next), "Location"), "/") << next;
  const auto page = sign_in("%3Cscript%3Ealert(1)%3C/script%3E", "%22x", kNow, "/%22%3E%3Cscript%3E");
  EXPECT_EQ(page.status, 403);
  EXPECT_EQ(page.body.find("<script"), std::string::npos) << page.body;
  EXPECT_EQ(page.body.find("x\""), std::string::npos) << "a password is not shown again";
}

TEST_F(GateTest, ADamagedFileLetsNobodyIn) {
  const auto cookie = header(sign_in("kim", kPassword), "Set-Cookie");
  fs::permissions(access::accounts_file(folder_), fs::perms::all);
  fs::last_write_time(access::accounts_file(folder_), fs::file_time_type::clock::now() + std::chrono::seconds(5));
  EXPECT_FALSE(with(cookie));
  EXPECT_EQ(sign_in("kim", kPassword).status, 500);
}

}  // namespace
}  // namespace deskhouse::server
