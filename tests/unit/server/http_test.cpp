#include "server/http.h"

#include <gtest/gtest.h>

#include "server/answer_cache.h"
#include "server/live_hub.h"

namespace deskhouse::server {
namespace {

TEST(Http, TargetsAreTakenApart) {
  Request request;
  ASSERT_TRUE(parse_target("/api/v1/tickets/a%2Fb/%C3%A9?from=2026-01-01&by=a+b&x", request));
  EXPECT_EQ(request.path, "/api/v1/tickets/a/b/é");
  EXPECT_EQ(request.parts, (std::vector<std::string>{"api", "v1", "tickets", "a/b", "é"}));
  EXPECT_EQ(request.parameter("by"), "a b");
  EXPECT_EQ(request.parameter("x"), "");
  EXPECT_EQ(request.parameters.size(), 3u);
  ASSERT_TRUE(parse_target("/", request));
  EXPECT_EQ(request.parts, std::vector<std::string>{""});
  for (const auto* wrong : {"", "x", "*", "/%", "/%4", "/%zz", "/a%00b", "/a?%"})
    EXPECT_FALSE(parse_target(wrong, request)) << wrong;
}

TEST(Http, OnlyThisMachineIsMeant) {
  const auto meant = [](const std::string& host, const std::string& origin = "") {
    Request request;
    request.headers["host"] = host;
    if (!origin.empty()) request.headers["origin"] = origin;
    return is_for_us(request, false);
  };
  EXPECT_TRUE(meant("127.0.0.1:8080"));
  EXPECT_TRUE(meant("localhost:8080", "http://localhost:8080"));
  EXPECT_TRUE(meant("[::1]:8080"));
  EXPECT_FALSE(meant("evil.example"));
  EXPECT_FALSE(meant("127.0.0.1.evil.example:8080"));
  EXPECT_FALSE(meant("127.0.0.1:8080", "http://evil.example"));
  EXPECT_FALSE(meant("127.0.0.1:8080", "http://127.0.0.1:9090")) << "another program of this machine";
  EXPECT_FALSE(meant("127.0.0.1:8080", "null"));
  EXPECT_FALSE(meant(""));
}

TEST(Http, BehindALoginAnyNameIsOursAndNoOtherSitesPage) {
  const auto meant = [](const std::string& host, const std::string& origin) {
    Request request;
    request.headers = {{"host", host}};
    if (!origin.empty()) request.headers["origin"] = origin;
    return is_for_us(request, true);
  };
  EXPECT_TRUE(meant("desk.example", ""));
  EXPECT_TRUE(meant("desk.example:8443", "https://desk.example:8443"));
  EXPECT_FALSE(meant("desk.example", "https://evil.example"));
  EXPECT_FALSE(meant("desk.example", "null"));
}

TEST(Http, ProblemsAreJsonWhateverTheySay) {
  const auto response = problem(400, "A \"title\"", "line\nbreak \x01 \xff");
  EXPECT_EQ(response.type, "application/problem+json");
  EXPECT_NE(response.body.find(R"("title":"A \"title\"")"), std::string::npos);
  EXPECT_EQ(response.body.find('\n'), std::string::npos);
}

TEST(Http, CompressionIsUndone) {
  for (const std::string& text : {std::string(), std::string("short"), std::string(300'000, 'x')})
    EXPECT_EQ(gunzip(gzip(text)), text);
}

TEST(AnswerCache, KeepsWhatWasComputedUntilItIsOld) {
  AnswerCache cache(1000, 60);
  int computed = 0;
  const auto compute = [&]() -> Result<std::string> { return "answer " + std::to_string(++computed); };
  const Timestamp start{1'000'000'000};
  EXPECT_EQ(cache.get("a", start, compute)->text, "answer 1");
  const auto again = cache.get("a", Timestamp{start.us + 60 * kMicrosPerSecond}, compute);
  EXPECT_EQ(again->text, "answer 1");
  EXPECT_TRUE(again->was_kept);
  EXPECT_EQ(again->age_seconds, 60);
  EXPECT_EQ(cache.get("a", Timestamp{start.us + 61 * kMicrosPerSecond}, compute)->text, "answer 2");
  cache.clear();
  EXPECT_EQ(cache.get("a", start, compute)->text, "answer 3");
}

TEST(AnswerCache, TheLeastRecentlyUsedMakeRoomAndErrorsAreNotKept) {
  AnswerCache cache(100, 60);
  const auto text = [](std::size_t size) { return [size]() -> Result<std::string> { return std::string(size, 'x'); }; };
  for (const auto* key : {"a", "b", "c", "d"}) (void)cache.get(key, {}, text(23));
  (void)cache.get("a", {}, text(23));  // used
  (void)cache.get("e", {}, text(23));
  EXPECT_TRUE(cache.get("a", {}, text(1))->was_kept);
  EXPECT_FALSE(cache.get("b", {}, text(1))->was_kept);
  EXPECT_LE(cache.counts().bytes, 100u);
  (void)cache.get("large", {}, text(90));
  EXPECT_FALSE(cache.get("large", {}, text(1))->was_kept) << "one does not push out all others";
  EXPECT_FALSE(cache.get("wrong", {}, []() -> Result<std::string> { return fail(Error::Kind::io, "no"); }).has_value());
  EXPECT_TRUE(cache.get("wrong", {}, text(1)).has_value());
}

TEST(LiveHub, AViewerWhoComesBackIsToldWhatItMissed) {
  LiveHub hub(100);
  hub.publish("data", R"({"n":1})");
  hub.publish("data", R"({"n":2})");
  std::int64_t fresh = -1;
  EXPECT_EQ(hub.after(fresh), "id: 101\nevent: data\ndata: {\"n\":2}\n\n") << "the latest of each kind";
  EXPECT_EQ(fresh, 101);
  EXPECT_EQ(hub.after(fresh), "");
  std::int64_t old = 99;
  EXPECT_EQ(hub.after(old), "id: 100\nevent: data\ndata: {\"n\":1}\n\nid: 101\nevent: data\ndata: {\"n\":2}\n\n");
}

}  // namespace
}  // namespace deskhouse::server
