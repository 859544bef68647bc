#include "server/live_hub.h"

#include <fmt/format.h>

#include <map>

namespace deskhouse::server {

void LiveHub::publish(std::string_view event, std::string_view json, bool replaces) {
  const std::lock_guard lock(mutex_);
  if (replaces) std::erase_if(events_, [&](const Event& known) { return known.name == event; });
  const auto id = next_++;
  events_.push_back({id, std::string(event), fmt::format("id: {}\nevent: {}\ndata: {}\n\n", id, event, json)});
  if (events_.size() > kKept) events_.pop_front();
}

std::string LiveHub::after(std::int64_t& id) const {
  const std::lock_guard lock(mutex_);
  std::string text;
  if (id < 0) {
    std::map<std::string_view, const Event*> latest;
    for (const auto& event : events_) latest[event.name] = &event;
    for (const auto& [name, event] : latest) text += event->text;
  } else {
    for (const auto& event : events_)
      if (event.id > id) text += event.text;
  }
  id = next_ - 1;
  return text;
}

}  // namespace deskhouse::server
