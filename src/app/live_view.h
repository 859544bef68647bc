// The live view of `stream --top`: a picture of the numbers of now, drawn again in place.
#pragma once

#include <string>

#include "stream/engine.h"
#include "stream/live_metrics.h"

namespace deskhouse::app {

// Lines without escape sequences; `width` of the windows' bars.
std::string draw_live(const stream::LiveSnapshot& live, const stream::EngineProgress& progress);
// Draws over what was drawn before if standard output is a terminal, else below it.
void show_live(const std::string& picture);

}  // namespace deskhouse::app
