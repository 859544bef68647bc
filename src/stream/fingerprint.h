// What a message is known by when it is seen again.
#pragma once

#include <cstdint>
#include <string_view>

namespace deskhouse::stream {

std::int64_t fingerprint(std::string_view payload);

}  // namespace deskhouse::stream
