#include "alerts/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "alerts/encoding.h"
#include "base/json_text.h"
#include "base/keys.h"

namespace deskhouse::alerts {

namespace {

using Json = nlohmann::ordered_json;

std::string time_or_null(std::optional<Timestamp> at) {
  return at ? json_text(to_string(*at)) : "null";
}

std::string payload_of(const Event& event, std::string_view id, Timestamp now, std::string_view project) {
  const auto& a = event.alert;
  constexpr std::size_t kDetail = 1000;
  Labels labels;
  for (const auto& [name, value] : a.labels) labels.emplace_back(plain(name), plain(value));
  return fmt::format(
      R"({{"id":{},"event":{},"rule":{},"severity":{},"labels":{},"value":{},"comparison":{},"threshold":{},)"
      R"("summary":{},"detail":{},"since":{},"fired_at":{},"at":{},"project":{}}})",
      json_text(id), json_text(to_string(event.news)), json_text(plain(a.rule)), json_text(to_string(a.severity)),
      to_json(labels), Json(a.value).dump(), json_text(to_string(event.comparison)), Json(a.threshold).dump(),
      json_text(plain(event.summary)), json_text(plain(a.detail, kDetail)), time_or_null(a.since),
      time_or_null(a.fired_at), time_or_null(now), json_text(plain(project)));
}

Json parse(const Message& message) {
  return Json::parse(message.payload, nullptr, false);
}

// A member that a payload of ours always has.
std::string text(const Json& payload, const char* name) {
  const auto it = payload.find(name);
  return it == payload.end() || !it->is_string() ? std::string() : it->get<std::string>();
}

std::string labels_text(const Json& payload) {
  Labels labels;
  for (const auto& [name, value] : payload["labels"].items()) labels.emplace_back(name, value.get<std::string>());
  return to_text(labels);
}

std::string number(const Json& payload, const char* name) {
  const auto it = payload.find(name);
  return it != payload.end() && it->is_number() ? fmt::format("{:.10g}", it->get<double>()) : "?";
}

// "[critical] failed_run: source=desk", or RESOLVED, or a test.
std::string title_of(const Json& p) {
  const auto event = text(p, "event");
  const auto labels = labels_text(p);
  return fmt::format("{} [{}] {}{}{}",
                     event == "resolved" ? "RESOLVED"
                     : event == "test"   ? "TEST"
                                         : "FIRING",
                     text(p, "severity"), text(p, "rule"), labels.empty() ? "" : ": ", labels);
}

std::string judgement_of(const Json& p) {
  if (text(p, "event") == "test") return "";
  return fmt::format("{} (alarm: {} {})", number(p, "value"), text(p, "comparison"), number(p, "threshold"));
}

// Slack takes <...> for a link or a mention; those that look like it take @all for one too.
std::string for_slack(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
    if (c == '@') out += "\u200B";
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> facts_of(const Json& p) {
  std::vector<std::pair<std::string, std::string>> facts;
  const auto add = [&](const char* name, std::string value) {
    if (!value.empty()) facts.emplace_back(name, std::move(value));
  };
  add("Value", judgement_of(p));
  add("Detail", text(p, "detail"));
  add("Since", text(p, "since"));
  add("At", text(p, "at"));
  add("Project", text(p, "project"));
  return facts;
}

// A header's text, in encoded words of RFC 2047 where it is not plain ASCII.
std::string header_text(std::string_view text) {
  const bool is_plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c < '\x7F'; });
  constexpr std::size_t kWord = 45;  // bytes of an encoded word, which must stay under 76 characters
  if (is_plain && text.size() < 2 * kWord && text.find("=?") == std::string_view::npos) return std::string(text);
  std::string out;
  while (!text.empty()) {
    auto size = std::min(kWord, text.size());
    while (size < text.size() && size > 1 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
    out += fmt::format("{}=?UTF-8?B?{}?=", out.empty() ? "" : "\r\n ", base64(text.substr(0, size)));
    text.remove_prefix(size);
  }
  return out;
}

std::string mail_date(Timestamp at) {
  constexpr std::array<const char*, 7> kDays = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};  // 1970-01-01: Thu
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = utc_day(at);
  const auto civil = to_civil(day);
  return fmt::format("{}, {:02} {} {} {} +0000", kDays[static_cast<std::size_t>(((day.days % 7) + 7) % 7)], civil.day,
                     kMonths[civil.month - 1], civil.year, to_string(at).substr(11, 8));
}

}  // namespace

std::string plain(std::string_view text, std::size_t bytes) {
  const auto valid = lossy_utf8(text);
  std::string out;
  for (std::size_t i = 0; i < valid.size();) {
    const auto lead = static_cast<unsigned char>(valid[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const std::string_view character = std::string_view(valid).substr(i, size);
    i += size;
    if (out.size() + size > bytes) return out + "...";
    const bool is_c1 = size == 2 && lead == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
    // U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069
    const auto second = size == 3 ? static_cast<unsigned char>(character[1]) : 0u;
    const auto third = size == 3 ? static_cast<unsigned char>(character[2]) : 0u;
    const bool turns =
        lead == 0xE2 && ((second == 0x80 && (third == 0x8E || third == 0x8F || (third >= 0xA8 && third <= 0xAE))) ||
                         (second == 0x81 && third >= 0xA6 && third <= 0xA9));
    if (lead < 0x20 || lead == 0x7F || is_c1 || turns)
      out += ' ';
    else
      out += character;
  }
  return out;
}

std::vector<Message> messages_of(const Event& event, std::span<const std::string> channels, Timestamp now,
                                 std::string_view project) {
  std::vector<Message> messages;
  if (event.news == News::pending || event.news == News::withdrawn) return messages;
  const auto& alert = event.alert;
  const auto key = static_cast<std::uint64_t>(natural_key(alert.rule, to_json(alert.labels)));
  const auto id = fmt::format("{:016x}-{}-{}", key, alert.fired_at.value_or(now).us,
                              event.news == News::resolved ? "resolved" : std::to_string(alert.told));
  for (const auto& channel : channels)
    messages.push_back({.id = id,
                        .channel = channel,
                        .event = std::string(to_string(event.news)),
                        .payload = payload_of(event, id, now, project)});
  return messages;
}

Message test_message(std::string_view channel, Timestamp now, std::string_view project) {
  const auto id = fmt::format("test-{}", now.us);
  const Event event{.news = News::fired,
                    .alert = {.rule = "test",
                              .labels = {},
                              .severity = config::Severity::info,
                              .since = now,
                              .detail = {},
                              .channels = {}},
                    .summary = "A test of the channel: alerts will get here.",
                    .comparison = {}};
  auto payload = Json::parse(payload_of(event, id, now, project));
  payload["event"] = "test";
  return {.id = id, .channel = std::string(channel), .event = "test", .payload = payload.dump()};
}

std::string rule_of(const Message& message) {
  return text(parse(message), "rule");
}

std::string line_of(const Message& message) {
  const auto p = parse(message);
  const auto labels = labels_text(p), judgement = judgement_of(p), detail = text(p, "detail");
  return fmt::format("alert {} {} {}{}{}{}. {}{}{}", message.event, text(p, "severity"), text(p, "rule"),
                     labels.empty() ? "" : " (" + labels + ")", judgement.empty() ? "" : ": ", judgement,
                     text(p, "summary"), detail.empty() ? "" : " ", detail);
}

std::string slack_json(const Message& message) {
  const auto p = parse(message);
  const auto severity = text(p, "severity");
  Json fields = Json::array();
  for (const auto& [name, value] : facts_of(p))
    fields.push_back({{"title", name}, {"value", for_slack(value)}, {"short", name != "Detail"}});
  const Json body{{"text", for_slack(title_of(p))},
                  {"mrkdwn", false},
                  {"attachments",
                   {{{"color", message.event == "resolved" ? "good"
                               : severity == "critical"    ? "danger"
                                                           : "warning"},
                     {"fallback", for_slack(title_of(p))},
                     {"text", for_slack(text(p, "summary"))},
                     {"fields", fields},
                     {"mrkdwn_in", Json::array()},
                     {"footer", "deskhouse"}}}}};
  return body.dump();
}

std::string alertmanager_json(const Message& message, Timestamp until) {
  const auto p = parse(message);
  const auto rule = text(p, "rule");
  Json labels{{"alertname", "Deskhouse_" + rule}, {"severity", text(p, "severity")}, {"project", text(p, "project")}};
  for (const auto& [name, value] : p["labels"].items()) {
    std::string label;  // its names have letters, digits and underscores
    for (const char c : name)
      label += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
    if (!label.empty() && label[0] >= '0' && label[0] <= '9') label = "_" + label;
    if (!labels.contains(label)) labels[label] = value;
  }
  const auto fired = text(p, "fired_at");
  Json alert{
      {"labels", labels},
      {"annotations", {{"summary", text(p, "summary")}, {"detail", text(p, "detail")}, {"value", judgement_of(p)}}},
      {"startsAt", fired.empty() ? text(p, "since") : fired},
      {"endsAt", message.event == "resolved" ? text(p, "at") : to_string(until)}};
  return Json::array({alert}).dump();
}

std::string mail_text(const Message& message, const Mail& mail, Timestamp at) {
  const auto p = parse(message);
  std::string to;
  for (const auto& one : mail.to) to += (to.empty() ? "" : ", ") + one;
  std::string body = text(p, "summary") + "\n\n";
  for (const auto& [name, value] : facts_of(p)) body += fmt::format("{:<8} {}\n", name + ":", value);
  body += fmt::format("\nMessage {}. `deskhouse alerts list` shows what is firing now.\n", message.id);
  std::string out = fmt::format(
      "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}@{}>\r\nAuto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
      mail.from, to, header_text(plain(title_of(p), 200)), mail_date(at), message.id,
      mail.from.substr(mail.from.find('@') + 1));
  constexpr std::size_t kLine = 57;  // 76 characters of base64
  for (std::string_view rest = body; !rest.empty(); rest.remove_prefix(std::min(kLine, rest.size())))
    out += base64(rest.substr(0, kLine)) + "\r\n";
  return out;
}

}  // namespace deskhouse::alerts
