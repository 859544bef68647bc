// What is said of an alert, in the form of each kind of channel. Pure. Text that came from tickets, files or servers is
// only ever text: no markup, no header, no line and no terminal escape of it takes effect.
#pragma once

#include <string>
#include <string_view>

#include "alerts/evaluate.h"

namespace deskhouse::alerts {

// One message: an event as JSON, which is what a webhook of type `webhook` gets.
//   {"id", "event": fired|repeated|resolved|test, "rule", "severity", "labels": {}, "value", "comparison", "threshold",
//    "summary", "detail", "since", "fired_at", "at", "project"}
// `id` is the same however often it is sent.
struct Message {
  std::int64_t number = 0;  // in the outbox
  std::string id, channel, event, payload;
  std::int64_t attempts = 0;
};

// The messages of an event, one for each channel; none of what is only noted.
std::vector<Message> messages_of(const Event& event, std::span<const std::string> channels, Timestamp now,
                                 std::string_view project);
Message test_message(std::string_view channel, Timestamp now, std::string_view project);

// Text without line ends, other control characters and marks that turn the direction of text round; at most `bytes`.
std::string plain(std::string_view text, std::size_t bytes = 500);

std::string rule_of(const Message& message);

// "alert fired critical failed_run (source=desk): 3 > 0. ..."
std::string line_of(const Message& message);
std::string slack_json(const Message& message);
// Of Alertmanager's API v2. It takes a firing alert for resolved at `until`, unless it is told again before.
std::string alertmanager_json(const Message& message, Timestamp until);

struct Mail {
  std::string from;
  std::vector<std::string> to;
};
// RFC 5322, with all that is not ASCII encoded. `at`: its Date.
std::string mail_text(const Message& message, const Mail& mail, Timestamp at);

}  // namespace deskhouse::alerts
