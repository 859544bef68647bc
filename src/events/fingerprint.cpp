#include "events/fingerprint.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace deskhouse::events {

std::int64_t fingerprint(std::string_view payload) {
  return static_cast<std::int64_t>(XXH3_64bits(payload.data(), payload.size()));
}

}  // namespace deskhouse::events
