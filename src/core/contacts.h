// Repeat contacts: who asked about the same thing again within a few days. Pure; thread-safe as values are.
#pragma once

#include <cstdint>
#include <span>

#include "base/values.h"

namespace deskhouse::core {

// A ticket, by who asked and what about.
struct Contact {
  std::int64_t requester = 0, topic = 0;
  Timestamp at;
  bool counts = true;  // else it is only looked back at
  auto operator<=>(const Contact&) const = default;
};

// How many of the contacts that count come at most `within` microseconds after another one of the same requester and
// topic (spec 7: repeat within 7 days). Of two at the same instant one repeats the other. Sorts the contacts.
std::int64_t count_repeats(std::span<Contact> contacts, std::int64_t within);

}  // namespace deskhouse::core
