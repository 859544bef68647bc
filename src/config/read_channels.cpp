#include "config/read_channels.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.h"

namespace deskhouse::config {

namespace {

using Kind = Channel::Kind;
constexpr Kind kKinds[] = {Kind::log, Kind::webhook, Kind::slack, Kind::alertmanager, Kind::email};
constexpr std::int64_t kMostSeconds = 120;

Kind read_kind(const Section& section, const std::string& name) {
  const auto text = section.scalar("type");
  if (!text && name == "log") return Kind::log;
  std::vector<std::string> known;
  for (const auto kind : kKinds) {
    if (text && *text == to_string(kind)) return kind;
    known.emplace_back(to_string(kind));
  }
  section.problem("type", text ? fmt::format("'{}' is none of log, webhook, slack, alertmanager, email{}", *text,
                                             did_you_mean(*text, known))
                               : "required: log, webhook, slack, alertmanager or email");
  return Kind::log;
}

bool is_web_address(std::string_view url) {
  const auto rest = url.starts_with("https://") ? url.substr(8) : url.starts_with("http://") ? url.substr(7) : "";
  const auto host = rest.substr(0, rest.find_first_of("/?#"));
  return !host.empty() && host.find('@') == std::string_view::npos &&
         std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7F'; });
}

void check_web(const Section& section, const Channel& channel) {
  const int named = !channel.url.empty() + !channel.url_env.empty() + !channel.url_file.empty();
  if (named != 1) section.problem("url", "a channel of this type has one of url, url_env, url_file");
  if (!channel.url.empty() && !is_web_address(channel.url))
    section.problem("url", "must be https://HOST/..., without a name or password in it");
  if (channel.url.starts_with("http://") && !channel.allow_private)
    section.problem("url", "http is for addresses of one's own network only: write https, or allow_private = true");
}

void check_mail(const Section& section, const Channel& channel) {
  if (channel.host.empty()) section.problem("host", "required: the mail server");
  if (!is_mailbox(channel.from)) section.problem("from", "must be one address, desk@example.com");
  if (channel.to.empty()) section.problem("to", "required: whom to write to");
  for (const auto& to : channel.to)
    if (!is_mailbox(to)) section.problem("to", fmt::format("{:?} is not an address such as ops@example.com", to));
  if (channel.tls != "starttls" && channel.tls != "implicit" && channel.tls != "none")
    section.problem("tls", fmt::format("'{}' is none of starttls, implicit, none", channel.tls));
  if (channel.tls == "none" && (!channel.allow_private || !channel.user.empty()))
    section.problem("tls", "none is for a server of one's own network (allow_private = true) without a password");
}

Channel read_channel(const Section& section, const std::string& name, const std::filesystem::path& project) {
  Channel channel{.name = name, .kind = read_kind(section, name)};
  channel.project = project;
  channel.line = section.line();
  channel.least = read_severity(section, "min_severity", channel.least);
  for (const auto& [key, member] : {std::pair{"url", &channel.url},
                                    {"url_env", &channel.url_env},
                                    {"url_file", &channel.url_file},
                                    {"secret_env", &channel.secret_env},
                                    {"secret_file", &channel.secret_file},
                                    {"token_env", &channel.token_env},
                                    {"token_file", &channel.token_file},
                                    {"host", &channel.host},
                                    {"tls", &channel.tls},
                                    {"user", &channel.user},
                                    {"password_env", &channel.password_env},
                                    {"password_file", &channel.password_file},
                                    {"from", &channel.from},
                                    {"sslrootcert", &channel.sslrootcert}})
    *member = section.text(key, *member);
  channel.port = section.integer("port", channel.tls == "implicit" ? 465 : 587, 1, 65'535);
  channel.to = section.texts("to");
  channel.allow_private = section.boolean("allow_private", false);
  channel.timeout_seconds = section.duration_seconds("timeout").value_or(channel.timeout_seconds);
  if (channel.timeout_seconds > kMostSeconds) section.problem("timeout", "must be 2m at most");
  if (channel.kind == Kind::email)
    check_mail(section, channel);
  else if (channel.kind != Kind::log)
    check_web(section, channel);
  return channel;
}

}  // namespace

bool is_mailbox(std::string_view text) {
  const auto at = text.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == text.size() || text.size() > 254) return false;
  const auto is_sound = [](char c) { return c > ' ' && c < '\x7F' && c != '<' && c != '>' && c != '"' && c != ','; };
  return text.find('@', at + 1) == std::string_view::npos && std::ranges::all_of(text, is_sound);
}

std::string_view to_string(Channel::Kind kind) {
  constexpr std::string_view kNames[] = {"log", "webhook", "slack", "alertmanager", "email"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::vector<Channel> read_channels(const Section& section, const std::filesystem::path& project) {
  std::vector<Channel> channels;
  auto names = section.names();
  if (std::ranges::find(names, "log") == names.end()) names.push_back("log");
  std::ranges::sort(names);
  for (const auto& name : names) channels.push_back(read_channel(section.table(name), name, project));
  return channels;
}

}  // namespace deskhouse::config
