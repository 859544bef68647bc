#include "base/result.h"

#include <cstdio>
#include <cstdlib>

namespace deskhouse {

void assertion_failed(const char* file, int line, const char* condition, const char* why) {
  std::fprintf(stderr, "deskhouse: internal error at %s:%d: %s (%s). This is a bug; please report it.\n", file, line,
               why, condition);
  std::abort();
}

}  // namespace deskhouse
