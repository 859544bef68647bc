// Deterministic 64-bit surrogate keys. The same input gives the same key on every machine and in every run,
// so neither order nor batching can change a cell. 0 is the unknown member and is never returned.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/values.h"

namespace deskhouse {

// Key of a source's record: XXH3-64 over source, a zero byte, id. Collisions are detected where rows are
// published (pipeline/publish.cpp): one key with two ids stops the run.
std::int64_t natural_key(std::string_view source, std::string_view id);

// Key of one version of a type-2 dimension member, from its natural key and its valid_from.
std::int64_t version_key(std::int64_t natural, Timestamp valid_from);

}  // namespace deskhouse
