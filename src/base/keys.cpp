#include "base/keys.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace deskhouse {
namespace {

// Hashes source + '\0' + id without building a string for the usual short ids.
std::uint64_t hash_pair(std::string_view source, std::string_view id) {
  char buffer[256];
  if (source.size() + 1 + id.size() <= sizeof buffer) {
    std::memcpy(buffer, source.data(), source.size());
    buffer[source.size()] = '\0';
    std::memcpy(buffer + source.size() + 1, id.data(), id.size());
    return XXH3_64bits(buffer, source.size() + 1 + id.size());
  }
  XXH3_state_t state{};
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, source.data(), source.size());
  XXH3_64bits_update(&state, "", 1);
  XXH3_64bits_update(&state, id.data(), id.size());
  return XXH3_64bits_digest(&state);
}

std::int64_t never_zero(std::uint64_t hash) {
  return hash == 0 ? 1 : static_cast<std::int64_t>(hash);
}

}  // namespace

std::int64_t natural_key(std::string_view source, std::string_view id) {
  return never_zero(hash_pair(source, id));
}

std::int64_t version_key(std::int64_t natural, Timestamp valid_from) {
  const std::int64_t pair[2] = {natural, valid_from.us};
  return never_zero(XXH3_64bits(pair, sizeof pair));
}

}  // namespace deskhouse
