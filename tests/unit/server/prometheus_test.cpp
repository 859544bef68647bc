#include "server/prometheus.h"

#include <gtest/gtest.h>

#include <cmath>

namespace deskhouse::server {
namespace {

using Type = Exposition::Type;

TEST(Exposition, FamiliesWithSamples) {
  Exposition out;
  out.family("a_total", Type::counter, "Some.");
  out.sample({{"source", "desk"}, {"entity", "tickets"}}, 3);
  out.sample({{"source", "other"}, {"entity", "tickets"}}, 0.5);
  out.family("empty", Type::gauge, "Has none, and is not named.");
  out.one("b_bytes", Type::gauge, "One.", 1e15);
  EXPECT_EQ(out.text(),
            "# HELP a_total Some.\n# TYPE a_total counter\na_total{source=\"desk\",entity=\"tickets\"} 3\n"
            "a_total{source=\"other\",entity=\"tickets\"} 0.5\n# HELP b_bytes One.\n# TYPE b_bytes gauge\nb_bytes "
            "1000000000000000\n");
}

TEST(Exposition, LabelsAreEscapedAndNumbersAreItsOwn) {
  Exposition out;
  out.family("a", Type::gauge, "A.");
  out.sample({{"l", "q\" b\\ n\n \xff é"}}, std::nan(""));
  out.sample({}, -HUGE_VAL);
  EXPECT_EQ(out.text(), "# HELP a A.\n# TYPE a gauge\na{l=\"q\\\" b\\\\ n\\n \uFFFD é\"} NaN\na -Inf\n");
}

}  // namespace
}  // namespace deskhouse::server
