#include "access/accounts.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "access/secret.h"

namespace deskhouse::access {
namespace {

namespace fs = std::filesystem;

class AccountsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "accountsXXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    file_ = accounts_file(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  Accounts load() {
    auto accounts = Accounts::load(file_);
    EXPECT_TRUE(accounts) << accounts.error().message;
    return *std::move(accounts);
  }
  void write(const std::string& text) {
    std::ofstream(file_) << text;
    ::chmod(file_.c_str(), 0600);
  }
  fs::path folder_, file_;
};

TEST_F(AccountsTest, ArePeopleWithPasswordsAndProgramsWithTokens) {
  auto accounts = load();
  EXPECT_TRUE(accounts.all().empty());
  ASSERT_TRUE(accounts.add_person("kim@desk.example", Role::analyst, "correct horse battery"));
  const auto token = accounts.add_token("prometheus", Role::viewer);
  ASSERT_TRUE(token);
  ASSERT_TRUE(accounts.save());
  struct stat status {};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);

  accounts = load();
  ASSERT_EQ(accounts.all().size(), 2u);
  EXPECT_EQ(accounts.by_password("kim@desk.example", "correct horse battery")->role, Role::analyst);
  EXPECT_EQ(accounts.by_password("kim@desk.example", "correct horse batterz"), nullptr);
  EXPECT_EQ(accounts.by_password("nobody", "nobody has this password"), nullptr);
  EXPECT_EQ(accounts.by_password("prometheus", *token), nullptr) << "a token is no password";
  EXPECT_EQ(accounts.by_token(*token)->name, "prometheus");
  EXPECT_EQ(accounts.by_token(*token + "x"), nullptr);
  EXPECT_EQ(accounts.by_token(""), nullptr);

  ASSERT_TRUE(accounts.set_password("kim@desk.example", "another long password"));
  ASSERT_TRUE(accounts.set_role("prometheus", Role::operate));
  ASSERT_TRUE(accounts.save());
  accounts = load();
  EXPECT_EQ(accounts.by_password("kim@desk.example", "correct horse battery"), nullptr);
  EXPECT_NE(accounts.by_password("kim@desk.example", "another long password"), nullptr);
  EXPECT_EQ(accounts.find("prometheus")->role, Role::operate);
  ASSERT_TRUE(accounts.remove("prometheus"));
  EXPECT_EQ(accounts.by_token(*token), nullptr);
}

TEST_F(AccountsTest, WhatCannotBeIsRefusedWithASentence) {
  auto accounts = load();
  ASSERT_TRUE(accounts.add_person("kim", Role::viewer, "123456789012"));
  const std::pair<Status, const char*> wrong[] = {
      {accounts.add_person("kim", Role::viewer, "123456789012"), "kim is there already"},
      {accounts.add_person("k m", Role::viewer, "123456789012"), "'k m' is no name"},
      {accounts.add_person("a:b\n", Role::viewer, "123456789012"), "is no name"},
      {accounts.add_person("lee", Role::viewer, "12345678901"), "at least 12 letters"},
      {accounts.add_person("lee", Role::viewer, "비밀번호비밀번호비밀번"), "at least 12 letters"},
      {accounts.set_password("kym", "123456789012"), "There is no user 'kym'; did you mean 'kim'"},
      {accounts.remove("lee"), "There is no user 'lee'"},
  };
  for (const auto& [status, says] : wrong) {
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().message.find(says), std::string::npos) << status.error().message;
  }
}

TEST_F(AccountsTest, AFileThatOthersMayReadOrThatIsDamagedLetsNobodyIn) {
  write("kim viewer password sha256$00\n");
  EXPECT_EQ(load().all().size(), 1u);
  ::chmod(file_.c_str(), 0644);
  EXPECT_FALSE(Accounts::load(file_));
  for (const auto* text : {"kim\n", "kim king password x\n", "kim viewer pass x\n", "kim viewer token x y\n",
                           "kim viewer token x\nkim admin token y\n"}) {
    write(text);
    const auto accounts = Accounts::load(file_);
    ASSERT_FALSE(accounts) << text;
    EXPECT_NE(accounts.error().message.find("deskhouse.users:"), std::string::npos) << accounts.error().message;
  }
}

TEST(Secret, IsLongUnlikeOthersAndNotKept) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto secret = random_secret();
    EXPECT_EQ(secret.size(), 42u);
    EXPECT_EQ(secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
    EXPECT_TRUE(seen.insert(secret).second);
  }
  const auto first = hash_password("a password"), second = hash_password("a password");
  EXPECT_NE(first, second) << "each has a salt of its own";
  EXPECT_TRUE(matches("a password", first));
  EXPECT_TRUE(matches("a password", second));
  EXPECT_FALSE(matches("a passwore", first));
  for (const auto* broken : {"", "scrypt", "scrypt$15$8$1$00", "scrypt$60$8$1$00$00", "scrypt$x$8$1$00$00", "md5$00"})
    EXPECT_FALSE(matches("a password", broken)) << broken;
}

TEST(Secret, TokensAreKeptAsTheirSha256) {
  EXPECT_EQ(hash_token("abc"), "sha256$ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_TRUE(matches("abc", hash_token("abc")));
}

}  // namespace
}  // namespace deskhouse::access
