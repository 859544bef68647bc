#include "demo/flaws.h"

#include <algorithm>
#include <numeric>

#include "demo/random.h"

namespace deskhouse::demo {

FlawPlan::FlawPlan(std::uint64_t seed, std::int64_t tickets, bool enabled)
    : tickets_(static_cast<std::uint64_t>(tickets)) {
  if (!enabled || tickets == 0) return;
  Draw draw(seed, Stream::flaw, 0);
  // Near the golden section, so that neighbouring places lie far apart.
  multiplier_ = std::max<std::uint64_t>(1, tickets_ * 618 / 1000 + draw.next() % (tickets_ / 100 + 1));
  while (std::gcd(multiplier_, tickets_) != 1) ++multiplier_;
  offset_ = draw.next() % tickets_;
  std::uint64_t places = 0;
  for (const auto& share : kFlawShares) {
    auto count = (share.per_100k * tickets + 50'000) / 100'000;
    if (share.most > 0) count = std::min(count, share.most);
    until_[static_cast<std::size_t>(share.flaw)] = places += static_cast<std::uint64_t>(count);
  }
}

Flaw FlawPlan::of(std::int64_t index) const {
  const auto i = static_cast<std::uint64_t>(index);
  if (i >= tickets_) return Flaw::none;
  const std::uint64_t place = (i * multiplier_ + offset_) % tickets_;
  if (place >= until_.back()) return Flaw::none;
  return static_cast<Flaw>(std::upper_bound(until_.begin() + 1, until_.end(), place) - until_.begin());
}

std::int64_t FlawPlan::planted(Flaw flaw) const {
  const auto f = static_cast<std::size_t>(flaw);
  return f == 0 ? 0 : static_cast<std::int64_t>(until_[f] - until_[f - 1]);
}

bool is_quarantined(Flaw flaw) {
  return std::any_of(kFlawShares.begin(), kFlawShares.end(),
                     [&](const FlawShare& share) { return share.flaw == flaw && share.quarantined; });
}

bool is_bare(Flaw flaw) {
  return flaw == Flaw::dangling_agent || flaw == Flaw::resolved_before_created || is_quarantined(flaw);
}

}  // namespace deskhouse::demo
