// What a message is known by when it is seen again.
#pragma once

#include <cstdint>
#include <string_view>

namespace deskhouse::events {

std::int64_t fingerprint(std::string_view payload);

}  // namespace deskhouse::events
