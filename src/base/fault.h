// Named steps at which a test may kill the process (DESKHOUSE_CRASH_AT=step, or step:3 for the third time):
// exactly-once and all-or-nothing are proven by dying there, not by reasoning. Costs one comparison of a cached value.
#pragma once

#include <string_view>

namespace deskhouse {

// Ends the process at once, as kill -9 would, if the environment names this step.
void fault_point(std::string_view step);

}  // namespace deskhouse
