#include "alerts/message.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "alerts/encoding.h"

namespace deskhouse::alerts {
namespace {

using Json = nlohmann::json;
constexpr Timestamp kAt{1'709'647'629'000'000};  // 2024-03-05T14:07:09Z

Event event_of(std::string detail, std::string label = "desk") {
  return {.news = News::fired,
          .alert = {.rule = "sla_risk",
                    .labels = {{"source", std::move(label)}},
                    .state = State::firing,
                    .severity = config::Severity::critical,
                    .since = kAt,
                    .fired_at = kAt,
                    .told_at = kAt,
                    .told = 1,
                    .value = 3,
                    .threshold = 0,
                    .detail = std::move(detail),
                    .channels = {}},
          .summary = "Tickets will be late.",
          .comparison = config::Comparison::above};
}

Message message_of(std::string detail, std::string label = "desk") {
  const std::vector<std::string> channels = {"ops"};
  return messages_of(event_of(std::move(detail), std::move(label)), channels, kAt, "Desk")[0];
}

const std::string kHostile =
    "T1 <script>alert(1)</script>\r\nBcc: everybody@example.com\r\n\r\n\x1b[2J\x1b]0;owned\x07 <!channel> @all "
    "\u202Eevil\u2028"
    "\xff\xc2\x9b";

TEST(Message, OneAChannelWithAnIdThatTellsEpisodesApart) {
  const std::vector<std::string> channels = {"a", "b"};
  auto event = event_of("");
  const auto messages = messages_of(event, channels, kAt, "Desk");
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].id, messages[1].id);
  event.news = News::repeated;
  event.alert.told = 2;
  const auto repeated = messages_of(event, channels, {kAt.us + 1}, "Desk")[0].id;
  event.news = News::resolved;
  const auto resolved = messages_of(event, channels, {kAt.us + 2}, "Desk")[0].id;
  EXPECT_NE(messages[0].id, repeated);
  EXPECT_NE(repeated, resolved);
  EXPECT_EQ(repeated.substr(0, repeated.rfind('-')), resolved.substr(0, resolved.rfind('-')));
  event.news = News::pending;
  EXPECT_TRUE(messages_of(event, channels, kAt, "Desk").empty());
}

TEST(Message, PayloadIsJsonWithAllThatIsKnown) {
  const auto p = Json::parse(message_of("three").payload);
  EXPECT_EQ(p["event"], "fired");
  EXPECT_EQ(p["labels"]["source"], "desk");
  EXPECT_EQ(p["value"], 3);
  EXPECT_EQ(p["comparison"], ">");
  EXPECT_EQ(p["since"], "2024-03-05T14:07:09Z");
  EXPECT_EQ(p["project"], "Desk");
}

TEST(Plain, HasNoControlCharacters) {
  EXPECT_EQ(plain("a\r\nb\x1b[31m\x7f"), "a  b [31m ");
  EXPECT_EQ(plain("한\xc2\x9b!\u202E\u2066\u200F?"), "한 !   ?");
  EXPECT_EQ(plain("\xff"), "\uFFFD");
  EXPECT_EQ(plain("ab\u00e9cd", 3), "ab...");  // never half a character
}

TEST(Message, HostileTextStaysText) {
  const auto message = message_of(kHostile, kHostile);
  for (const auto& text : {message.payload, line_of(message), slack_json(message), alertmanager_json(message, kAt)})
    for (const char c : text) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) << text;
  EXPECT_EQ(line_of(message).find("\u202E"), std::string::npos);
  const auto slack = Json::parse(slack_json(message)).dump();
  EXPECT_EQ(slack.find("<!channel>"), std::string::npos);
  EXPECT_EQ(slack.find("<script>"), std::string::npos);
  EXPECT_EQ(slack.find("@all"), std::string::npos);
}

TEST(Mail, HeadersAreOursWhateverTheTextSays) {
  const auto text =
      mail_text(message_of(kHostile, kHostile), {"desk@example.com", {"a@example.com", "b@example.com"}}, kAt);
  const auto headers = text.substr(0, text.find("\r\n\r\n"));
  EXPECT_EQ(headers.find("\nBcc:"), std::string::npos);
  std::size_t fields = 0;
  for (std::size_t i = 0; i < headers.size();) {
    const auto end = std::min(headers.find("\r\n", i), headers.size());
    const auto line = headers.substr(i, end - i);
    EXPECT_LE(line.size(), 200u) << line;
    if (!line.starts_with(' ')) ++fields;
    i = end + 2;
  }
  EXPECT_EQ(fields, 9u) << headers;
  EXPECT_NE(headers.find("Date: Tue, 05 Mar 2024 14:07:09 +0000"), std::string::npos) << headers;
  EXPECT_NE(headers.find("To: a@example.com, b@example.com"), std::string::npos);
  for (const char c : text) EXPECT_TRUE(static_cast<unsigned char>(c) < 0x7F);
  EXPECT_EQ(text.find("\r\n.\r\n"), std::string::npos);
}

TEST(Alertmanager, AFiringAlertHasAnEndInTheFutureAndAResolvedOneNow) {
  const Timestamp later{kAt.us + kMicrosPerDay};
  const auto firing = Json::parse(alertmanager_json(message_of("d"), later))[0];
  EXPECT_EQ(firing["labels"]["alertname"], "Deskhouse_sla_risk");
  EXPECT_EQ(firing["startsAt"], "2024-03-05T14:07:09Z");
  EXPECT_EQ(firing["endsAt"], "2024-03-06T14:07:09Z");
  auto event = event_of("d");
  event.news = News::resolved;
  const std::vector<std::string> channels = {"ops"};
  const auto message = messages_of(event, channels, {kAt.us + 60 * kMicrosPerSecond}, "Desk")[0];
  EXPECT_EQ(Json::parse(alertmanager_json(message, later))[0]["endsAt"], "2024-03-05T14:08:09Z");
}

std::string hex(std::string_view bytes) {
  std::string out;
  constexpr char kDigits[] = "0123456789abcdef";
  for (const unsigned char c : bytes) (out += kDigits[c >> 4]) += kDigits[c & 15];
  return out;
}

TEST(Encoding, KnownAnswers) {
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(from_base64("Zm8="), "fo");
  EXPECT_FALSE(from_base64("Zm8"));
  // RFC 4231, case 2
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  // The example of standardwebhooks.com's reference libraries.
  EXPECT_EQ(webhook_signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                              R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

}  // namespace
}  // namespace deskhouse::alerts
