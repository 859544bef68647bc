// What a run says when it is done.
#pragma once

#include "app/command.h"
#include "app/log.h"
#include "app/progress.h"

namespace deskhouse::app {

// What it read and took, for a line of the log.
LogFields fields_of(const pipeline::RunReport& report);

void print_report(const pipeline::RunReport& report, const Globals& globals);

}  // namespace deskhouse::app
