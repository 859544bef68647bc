#include "core/contacts.h"

#include <algorithm>

namespace deskhouse::core {

std::int64_t count_repeats(std::span<Contact> contacts, std::int64_t within) {
  std::ranges::sort(contacts);
  std::int64_t repeats = 0;
  for (std::size_t i = 1; i < contacts.size(); ++i) {
    const auto &before = contacts[i - 1], &contact = contacts[i];
    repeats += static_cast<std::int64_t>(contact.counts && contact.requester == before.requester &&
                                         contact.topic == before.topic && contact.at.us - before.at.us <= within);
  }
  return repeats;
}

}  // namespace deskhouse::core
