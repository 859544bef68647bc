// Shape of a document against the table of keys: every key known, every value of its key's type.
#pragma once

#include "config/document.h"
#include "config/problems.h"

namespace deskhouse::config {

// Adds one problem for each unknown key (with the nearest known name) and each value of a wrong type. What
// passes can be read without looking at types again.
void check_shape(const Value& document, Problems& problems);

}  // namespace deskhouse::config
