// Counter-based randomness: every draw of an entity follows from (seed, stream, index) alone, so that any
// ticket can be computed without the ones before it, by any thread, in any order. Pure; no global state.
#pragma once

#include <cstdint>
#include <span>

namespace deskhouse::demo {

// splitmix64's finaliser: a bijection that scatters every bit.
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

// What a sequence of draws is for. The numbers are part of the format: changing one changes every demo
// folder.
enum class Stream : std::uint64_t {
  ticket = 1,
  life,
  text,
  survey,
  work,
  requester,
  agent,
  asset,
  problem,
  change,
  storm,
  flaw,
  delta,
  delta_work
};

class Draw {
 public:
  constexpr Draw(std::uint64_t seed, Stream stream, std::int64_t index)
      : state_(mix(mix(seed + 0x632BE59BD9B4E019ULL * static_cast<std::uint64_t>(stream)) +
                   static_cast<std::uint64_t>(index))) {}

  constexpr std::uint64_t next() { return mix(state_ += 0x9E3779B97F4A7C15ULL); }
  // [0, 1), 53 bits.
  constexpr double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  constexpr bool chance(double probability) { return uniform() < probability; }
  // [0, bound); bound below 2^32.
  constexpr std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(((next() >> 32) * static_cast<std::uint64_t>(bound)) >> 32);
  }
  constexpr std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }
  // Index into `percent`, whose parts add up to 100.
  constexpr int weighted(std::span<const int> percent) {
    std::int64_t left = below(100);
    for (std::size_t i = 0; i + 1 < percent.size(); ++i)
      if ((left -= percent[i]) < 0) return static_cast<int>(i);
    return static_cast<int>(percent.size()) - 1;
  }

 private:
  std::uint64_t state_;
};

// exp(sigma * z) for a standard normal z, cut at about +/- 3.1 sigma.
enum class Spread { narrow, usual, wide };  // sigma 0.5, 0.8, 1.1
double lognormal(Draw& draw, Spread spread);

}  // namespace deskhouse::demo
