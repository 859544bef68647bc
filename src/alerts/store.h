// Alerts and their messages in the warehouse: what was said is not forgotten by a restart, and nothing is said that was
// not written down first. A message is marked as sent after it was, so one that was sent just before the process died
// is sent again, with the same id: at least once (docs/decisions/0035).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "alerts/evaluate.h"
#include "alerts/message.h"
#include "warehouse/database.h"

namespace deskhouse::alerts {

// By rule.
using AlertsByRule = std::map<std::string, std::vector<Alert>>;
Result<AlertsByRule> read_alerts(warehouse::Connection& connection);

// In one transaction: `alerts` are those that there are, `events` happened, `messages` are to be sent. An alert that is
// said again is not queued where the message before it waits still.
Status write_alerts(warehouse::Connection& connection, std::span<const Alert> alerts, std::span<const Event> events,
                    std::span<const Message> messages, Timestamp now);

// Messages to be sent now, in their order; none of a channel that is to be left alone after a failure.
Result<std::vector<Message>> due_messages(warehouse::Connection& connection, Timestamp now);
// When the next of those that wait is due; none: nothing waits.
Result<std::optional<Timestamp>> next_due(warehouse::Connection& connection);

// What became of a message.
struct Delivery {
  Message message;
  enum class Outcome { sent, failed, refused } outcome = Outcome::sent;  // refused: this message, by a sound channel
  std::string error;
  std::int64_t retry_after_seconds = 0;  // as the server asked
  Timestamp at{};
};
// In one transaction. A message that was refused five times, or has waited for a week, is given up, and stays visible.
Status record_deliveries(warehouse::Connection& connection, std::span<const Delivery> deliveries);

// Pause after the n-th failure in a row: 5 s, doubled each time, at most 15 min, spread by up to a fifth by `salt`.
std::int64_t pause_seconds(std::int64_t failures_in_row, std::string_view salt);

}  // namespace deskhouse::alerts
