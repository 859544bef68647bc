#include "demo/random.h"

#include <array>
#include <cmath>

namespace deskhouse::demo {
namespace {

constexpr int kQuantiles = 512;

double normal_cdf(double z) {
  return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

double normal_quantile(double p) {
  double low = -8, high = 8;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (normal_cdf(middle) < p ? low : high) = middle;
  }
  return low;
}

struct Table {
  std::array<double, kQuantiles + 1> factor;
  explicit Table(double sigma) {
    for (int i = 0; i <= kQuantiles; ++i) {
      const double exact = std::exp(sigma * normal_quantile((i + 0.5) / (kQuantiles + 1)));
      // Rounded to 1/65536, so that the last bit of a platform's exp() never reaches a file.
      factor[static_cast<std::size_t>(i)] = std::round(exact * 65536) / 65536;
    }
  }
};

}  // namespace

double lognormal(Draw& draw, Spread spread) {
  static const std::array<Table, 3> tables = {Table(0.5), Table(0.8), Table(1.1)};
  const auto& factor = tables[static_cast<std::size_t>(spread)].factor;
  const double at = draw.uniform() * kQuantiles;
  const auto below = static_cast<std::size_t>(at);
  return factor[below] + (factor[below + 1] - factor[below]) * (at - static_cast<double>(below));
}

}  // namespace deskhouse::demo
