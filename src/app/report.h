// What a run says when it is done.
#pragma once

#include "app/command.h"
#include "app/progress.h"

namespace deskhouse::app {

void print_report(const pipeline::RunReport& report, const Globals& globals);

}  // namespace deskhouse::app
