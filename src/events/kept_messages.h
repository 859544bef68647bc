// Messages as the warehouse keeps those that were read, with "topic/partition" and offset: to be decoded once more.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "events/decoder.h"
#include "events/payloads.h"

namespace deskhouse::events {

class KeptMessages {
 public:
  // Messages of a partition one after another.
  void add(const std::string& file, std::int64_t offset, std::string_view raw) {
    const auto slash = file.rfind('/');
    const Place place{file.substr(0, slash), std::atoi(file.c_str() + slash + 1)};
    if (batch_.places.empty() || batch_.places.back() != place) batch_.places.push_back(place);
    batch_.messages.push_back({static_cast<std::int32_t>(batch_.places.size()) - 1, offset, payloads_.keep(raw)});
  }
  bool empty() const { return batch_.messages.empty(); }
  std::int64_t count() const { return static_cast<std::int64_t>(batch_.messages.size()); }
  // All of them; they are of one topic.
  Decoded decode(Decoder& decoder) const {
    std::vector<const Message*> messages;
    for (const auto& message : batch_.messages) messages.push_back(&message);
    Decoded decoded;
    decoder.decode(messages, batch_, decoded);
    return decoded;
  }

 private:
  MessageBatch batch_;
  Payloads payloads_{batch_};
};

}  // namespace deskhouse::events
