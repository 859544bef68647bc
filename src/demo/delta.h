// The second delivery of a demo (generator.h, generate_delta): which tickets change.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "demo/world.h"

namespace deskhouse::demo {

// As generate() checks them.
Status check_options(const Options& options);

// Indices of `count` tickets of the base, ascending: those that are open or were resolved lately, from the
// newest back, and 0.3 % older ones. Never one whose row the base quarantines or that has nothing else
// hanging on it. REQUIRES count <= world.tickets / 2.
std::vector<std::int64_t> pick_changed(const World& world, std::int64_t count);

}  // namespace deskhouse::demo
