// Sends messages where deskhouse.toml says.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "alerts/store.h"
#include "config/alerts.h"

namespace deskhouse::alerts {

struct SendContext {
  const config::AlertConfig& config;
  std::function<Timestamp()> now;
  std::function<void(const Message&)> log;  // the channels of type log
};

// One message; secrets are read each time, so a new one counts at once.
Delivery send(const Message& message, const config::Channel& channel, const SendContext& context);

// All of them in their order. What follows in a channel whose message failed is left out: it stays in the outbox.
// Messages of a channel that is not in deskhouse.toml any more are refused.
std::vector<Delivery> send_all(std::span<const Message> messages, const SendContext& context);

}  // namespace deskhouse::alerts
