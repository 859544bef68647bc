#include "alerts/channel.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "alerts/encoding.h"
#include "alerts/transport.h"
#include "sources/secret.h"

namespace deskhouse::alerts {

namespace {

using config::Channel;
using Outcome = Delivery::Outcome;

Reach reach_of(const Channel& channel) {
  std::filesystem::path roots = channel.sslrootcert;
  if (!roots.empty() && roots.is_relative()) roots = channel.project / roots;
  return {channel.allow_private, roots.string(), channel.timeout_seconds};
}

Result<std::string> secret_of(const Channel& channel, std::string_view kind, const std::string& env,
                              const std::string& file, std::string what) {
  DH_ASSIGN(const auto secret, sources::read_secret({.env_key = fmt::format("{}_env", kind),
                                                     .env = env,
                                                     .file_key = fmt::format("{}_file", kind),
                                                     .file = file,
                                                     .project = channel.project,
                                                     .what = std::move(what)}));
  if (std::ranges::any_of(secret, [](unsigned char c) { return c < ' ' || c == 0x7F; }))
    return fail(Error::Kind::config, fmt::format("{}_env or {}_file holds control characters", kind, kind));
  return secret;
}

// The address in `url`.
Status read_url(const Channel& channel, std::string& url) {
  url = channel.url;
  if (!url.empty()) return {};
  auto secret = secret_of(channel, "url", channel.url_env, channel.url_file, "the address to post to");
  if (!secret) return std::unexpected(secret.error());
  url = *std::move(secret);
  if (!url.starts_with("https://") && !(url.starts_with("http://") && channel.allow_private))
    return fail(Error::Kind::config, "the address that url_env or url_file gives must begin with https://");
  return {};
}

// Of an answer to a post: what lies with the message is told from what lies with the channel.
Outcome outcome_of(long status) {
  if (status >= 200 && status < 300) return Outcome::sent;
  return status == 400 || status == 413 || status == 422 ? Outcome::refused : Outcome::failed;
}

Result<Answer> post(const Message& message, const Channel& channel, Timestamp now) {
  std::string url;
  DH_TRY(read_url(channel, url));
  DH_ASSIGN(const auto token, secret_of(channel, "token", channel.token_env, channel.token_file, "the token"));
  DH_ASSIGN(const auto secret,
            secret_of(channel, "secret", channel.secret_env, channel.secret_file, "the secret that signs"));
  std::string body = message.payload;
  constexpr std::int64_t kHeld = 24 * kMicrosPerHour;  // longer than any cool-down that makes sense
  if (channel.kind == Channel::Kind::slack) body = slack_json(message);
  if (channel.kind == Channel::Kind::alertmanager) body = alertmanager_json(message, {now.us + kHeld});
  const auto seconds = now.us / kMicrosPerSecond;
  std::vector<std::string> headers = {"Idempotency-Key: " + message.id};
  if (!token.empty()) headers.push_back("Authorization: Bearer " + token);
  if (channel.kind == Channel::Kind::webhook) {
    headers.push_back("webhook-id: " + message.id);
    headers.push_back(fmt::format("webhook-timestamp: {}", seconds));
    if (!secret.empty())
      headers.push_back("webhook-signature: " + webhook_signature(secret, message.id, seconds, body));
  }
  auto answer = post_json(url, headers, body, reach_of(channel));
  if (answer.failure.empty() && outcome_of(answer.status) != Outcome::sent)
    answer.failure =
        answer.status >= 300 && answer.status < 400
            ? fmt::format("the answer is {}, which would send us on: redirects are not followed", answer.status)
            : fmt::format("the answer is {}: {}", answer.status, plain(answer.body, 200));
  return answer;
}

Result<Answer> mail(const Message& message, const Channel& channel, Timestamp now) {
  MailServer server{channel.host, channel.port, channel.tls, channel.user, {}};
  DH_ASSIGN(server.password, secret_of(channel, "password", channel.password_env, channel.password_file,
                                       "the password of the mail server"));
  const auto text = mail_text(message, {channel.from, channel.to}, now);
  auto answer = send_mail(server, channel.from, channel.to, text, reach_of(channel));
  if (!answer.failure.empty() && answer.status >= 400) answer.failure += ": " + plain(answer.body, 200);
  return answer;
}

}  // namespace

Delivery send(const Message& message, const Channel& channel, const SendContext& context) {
  Delivery delivery{.message = message, .error = {}, .at = context.now()};
  if (channel.kind == Channel::Kind::log) {
    context.log(message);
    return delivery;
  }
  const bool is_mail = channel.kind == Channel::Kind::email;
  const auto answer = is_mail ? mail(message, channel, delivery.at) : post(message, channel, delivery.at);
  delivery.at = context.now();
  if (!answer) {
    delivery.outcome = Outcome::failed;
    delivery.error = answer.error().message;
    return delivery;
  }
  delivery.error = answer->failure;
  delivery.retry_after_seconds = answer->retry_after_seconds;
  if (!answer->failure.empty()) {
    // 552 to 554 are about the message; a mail server that refuses us says other things.
    const bool is_refused = is_mail ? answer->status >= 552 && answer->status <= 554
                                    : answer->status > 0 && outcome_of(answer->status) == Outcome::refused;
    delivery.outcome = is_refused ? Outcome::refused : Outcome::failed;
  }
  return delivery;
}

std::vector<Delivery> send_all(std::span<const Message> messages, const SendContext& context) {
  std::vector<Delivery> deliveries;
  std::set<std::string> stopped;
  for (const auto& message : messages) {
    if (stopped.contains(message.channel)) continue;
    const auto* channel = context.config.find(message.channel);
    if (channel == nullptr) {
      constexpr std::int64_t kForGood = 1'000'000;
      deliveries.push_back({.message = message,
                            .outcome = Outcome::refused,
                            .error = "there is no such channel in deskhouse.toml any more",
                            .at = context.now()});
      deliveries.back().message.attempts = kForGood;
      continue;
    }
    deliveries.push_back(send(message, *channel, context));
    if (deliveries.back().outcome != Outcome::sent) stopped.insert(message.channel);
  }
  return deliveries;
}

}  // namespace deskhouse::alerts
