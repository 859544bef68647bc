#include "core/distribution.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace deskhouse::core {

namespace {

// Bytes: the unit, how many numbers, the least one; then for each block of numbers how long it is, how often its
// numbers come in all, and how many units its greatest is above the one before it; then the blocks. A block has for
// each number its distance to the one before in units, doubled, plus 1 where it comes other than once, with how often
// behind it. All as varints of base 128; what has a sign, zigzag. Who looks for a quantile reads the list of blocks,
// and few of them.
constexpr std::uint64_t kBlockNumbers = 128;
constexpr std::uint64_t kWidest = 1ULL << 62;   // a distance is doubled in 64 bits
constexpr std::int64_t kMostOften = 1LL << 40;  // sums of counts stay far from what 64 bits hold

void put(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

bool is_often(std::int64_t count) {
  return count < -kMostOften || count > kMostOften;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool read(std::uint64_t& value) {
    if (at_ != end_ && static_cast<unsigned char>(*at_) < 0x80) {  // most are small
      value = static_cast<unsigned char>(*at_++);
      return true;
    }
    value = 0;
    for (int shift = 0; at_ != end_ && shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  bool take(std::uint64_t length, std::string_view& bytes) {
    if (length > static_cast<std::uint64_t>(end_ - at_)) return false;
    bytes = {at_, static_cast<std::size_t>(length)};
    at_ += length;
    return true;
  }
  bool is_done() const { return at_ == end_; }

 private:
  const char *at_, *end_;
};

// Numbers that lie in (after, greatest], but for the first block's, which lie in [least, greatest].
struct Block {
  std::string_view bytes;
  std::uint64_t unit = 1, numbers = 0, units = 0;
  std::int64_t after = 0, greatest = 0, count = 0;
  bool is_first = false;
  std::int64_t least() const { return is_first ? after : after + static_cast<std::int64_t>(unit); }
};

std::unexpected<Error> no_distribution() {
  return fail(Error::Kind::usage, "These bytes are no distribution");
}

bool read_blocks(std::string_view bytes, std::vector<Block>& into) {
  Reader reader(bytes);
  std::uint64_t unit = 0, numbers = 0, least = 0;
  if (!reader.read(unit) || !reader.read(numbers) || !reader.read(least)) return false;
  if (unit == 0 || unit > kWidest || numbers == 0 || numbers > bytes.size()) return false;
  const auto first = into.size();
  std::vector<std::uint64_t> lengths;
  std::uint64_t above = 0;  // the least number
  auto after = unzigzag(least);
  const auto room = static_cast<std::uint64_t>(INT64_MAX) - static_cast<std::uint64_t>(after);
  const auto widest = after < 0 ? kWidest : std::min(kWidest, room);
  for (std::uint64_t left = numbers; left > 0;) {
    std::uint64_t length = 0, count = 0, units = 0;
    if (!reader.read(length) || !reader.read(count) || !reader.read(units)) return false;
    if (units == 0 && into.size() > first) return false;  // they are beyond those of the block before
    if (units > widest / unit || (above += units * unit) > widest || is_often(unzigzag(count))) return false;
    const auto here = std::min(left, kBlockNumbers);
    const auto greatest = unzigzag(least) + static_cast<std::int64_t>(above);
    into.push_back({{}, unit, here, units, after, greatest, unzigzag(count), into.size() == first});
    lengths.push_back(length);
    after = greatest;
    left -= here;
  }
  for (std::size_t i = 0; i < lengths.size(); ++i)
    if (!reader.take(lengths[i], into[first + i].bytes)) return false;
  return reader.is_done();
}

// Calls each(value, count) in ascending order; false: no distribution.
template <class Each>
bool read_numbers(const Block& block, Each each) {
  Reader reader(block.bytes);
  std::uint64_t above = 0;
  std::int64_t sum = 0;
  for (std::uint64_t i = 0; i < block.numbers; ++i) {
    std::uint64_t token = 0, count = 0;
    if (!reader.read(token) || ((token & 1) != 0 && !reader.read(count))) return false;
    above += token >> 1;
    const auto times = (token & 1) != 0 ? unzigzag(count) : 1;
    if (above > block.units || is_often(times)) return false;
    sum += times;
    each(block.after + static_cast<std::int64_t>(above * block.unit), times);
  }
  return reader.is_done() && above == block.units && sum == block.count;
}

void merge(std::vector<Occurrence>& occurrences) {
  std::ranges::sort(occurrences, {}, &Occurrence::value);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < occurrences.size();) {
    auto sum = occurrences[i++];
    for (; i < occurrences.size() && occurrences[i].value == sum.value; ++i) sum.count += occurrences[i].count;
    if (sum.count != 0) occurrences[kept++] = sum;
  }
  occurrences.resize(kept);
}

// How many numbers come before those that the rank can be among, and which these are: (after, through].
struct Bounds {
  std::int64_t after = INT64_MIN, through = INT64_MAX;
  bool is_open = true;  // there is no `after`: all from the least one on
};

Bounds bounds_of(const std::vector<Block>& blocks, std::int64_t lower, std::int64_t upper) {
  Bounds bounds;
  std::vector<std::pair<std::int64_t, std::int64_t>> ends(blocks.size());  // value, count
  // At most so many numbers are up to here: the lower rank is behind it as long as these are not more than it.
  std::ranges::transform(blocks, ends.begin(), [](const Block& b) { return std::pair(b.least(), b.count); });
  std::ranges::sort(ends);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if ((sum += ends[i].second) > lower) break;
    if (i + 1 == ends.size() || ends[i + 1].first != ends[i].first) bounds = {ends[i].first, INT64_MAX, false};
  }
  // At least so many numbers are up to here: the upper rank is not behind it once these are more than it.
  std::ranges::transform(blocks, ends.begin(), [](const Block& b) { return std::pair(b.greatest, b.count); });
  std::ranges::sort(ends);
  sum = 0;
  for (const auto& [greatest, count] : ends) {
    if ((sum += count) <= upper) continue;
    bounds.through = greatest;
    break;
  }
  return bounds;
}

// Of very many numbers, `before` more of which are less than all of them, those that lie in the same of some equal
// steps as a rank: they are sorted faster.
void keep_nearest(std::vector<Occurrence>& near, std::int64_t& before, std::int64_t lower, std::int64_t upper) {
  constexpr std::size_t kSteps = 4096;
  if (near.size() < kSteps) return;
  const auto [least, greatest] = std::ranges::minmax(near, {}, &Occurrence::value);
  const auto above = [from = least.value](std::int64_t value) {
    return static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(from);
  };
  const auto width = above(greatest.value) / kSteps + 1;
  std::array<std::int64_t, kSteps> counts{};
  for (const auto& [value, count] : near) counts[above(value) / width] += count;
  std::size_t first = 0;
  auto passed = before;
  while (first < kSteps && passed + counts[first] <= lower) passed += counts[first++];
  auto last = first;
  for (auto through = passed; last < kSteps && (through += counts[last]) <= upper;) ++last;
  before = passed;
  std::erase_if(near, [&](const Occurrence& o) {
    const auto step = above(o.value) / width;
    return step < first || step > last;
  });
}

}  // namespace

Result<std::string> encode_distribution(std::vector<Occurrence>& occurrences) {
  merge(occurrences);
  if (occurrences.empty()) return std::string{};
  const auto least = occurrences.front().value;
  const auto above = [&](const Occurrence& o) {
    return static_cast<std::uint64_t>(o.value) - static_cast<std::uint64_t>(least);
  };
  if (above(occurrences.back()) > kWidest)
    return fail(Error::Kind::usage, "The numbers of a distribution lie farther apart than 2^62");
  std::uint64_t unit = 0;
  for (const auto& occurrence : occurrences) {
    if (unit != 1) unit = std::gcd(unit, above(occurrence));
    if (is_often(occurrence.count))
      return fail(Error::Kind::usage, "A number of a distribution comes more than 2^40 times");
  }
  unit = std::max<std::uint64_t>(unit, 1);
  std::string out, blocks;
  out.reserve(32 + occurrences.size() * 2);
  blocks.reserve(occurrences.size() * 2);
  put(out, unit);
  put(out, occurrences.size());
  put(out, zigzag(least));
  std::uint64_t before = 0;
  for (std::size_t first = 0; first < occurrences.size(); first += kBlockNumbers) {
    const auto last = std::min<std::size_t>(first + kBlockNumbers, occurrences.size());
    const auto start = blocks.size();
    const auto after = before;
    std::int64_t count = 0;
    for (std::size_t i = first; i < last; ++i) {
      const auto now = above(occurrences[i]) / unit;
      const bool is_once = occurrences[i].count == 1;
      put(blocks, (now - before) << 1 | (is_once ? 0 : 1));
      if (!is_once) put(blocks, zigzag(occurrences[i].count));
      count += occurrences[i].count;
      before = now;
    }
    if (is_often(count)) return fail(Error::Kind::usage, "Numbers of a distribution come more than 2^40 times");
    put(out, blocks.size() - start);
    put(out, zigzag(count));
    put(out, before - after);
  }
  return out + blocks;
}

Status decode_distribution(std::string_view bytes, std::vector<Occurrence>& into) {
  if (bytes.empty()) return {};
  std::vector<Block> blocks;
  if (!read_blocks(bytes, blocks)) return no_distribution();
  for (const auto& block : blocks)
    if (!read_numbers(block, [&](std::int64_t value, std::int64_t count) { into.push_back({value, count}); }))
      return no_distribution();
  return {};
}

Result<std::optional<double>> quantile_of(std::span<const std::string_view> parts, double q) {
  DH_ASSERT(q >= 0 && q <= 1, "a quantile is of 0 to 1");
  std::vector<Block> blocks;
  for (const auto part : parts)
    if (!part.empty() && !read_blocks(part, blocks)) return no_distribution();
  if (blocks.empty()) return std::nullopt;
  std::int64_t total = 0;
  for (const auto& block : blocks) {
    if (block.count <= 0) return no_distribution();
    total += block.count;
  }
  const double rank = q * static_cast<double>(total - 1);
  const auto lower = static_cast<std::int64_t>(rank), upper = std::min(lower + 1, total - 1);
  const auto bounds = bounds_of(blocks, lower, upper);

  std::int64_t before = 0;  // numbers up to bounds.after
  std::vector<Occurrence> near;
  for (const auto& block : blocks) {
    if (block.least() > bounds.through) continue;
    if (!bounds.is_open && block.greatest <= bounds.after) {
      before += block.count;
      continue;
    }
    bool is_sound = true;
    const bool is_read = read_numbers(block, [&](std::int64_t value, std::int64_t count) {
      is_sound &= count > 0;
      if (!bounds.is_open && value <= bounds.after)
        before += count;
      else if (value <= bounds.through)
        near.push_back({value, count});
    });
    if (!is_read || !is_sound) return no_distribution();
  }
  keep_nearest(near, before, lower, upper);
  std::ranges::sort(near, {}, &Occurrence::value);
  const auto at = [&](std::int64_t wanted) -> std::optional<double> {
    auto passed = before;
    for (const auto& [value, count] : near)
      if ((passed += count) > wanted) return static_cast<double>(value);
    return std::nullopt;  // the list of blocks does not say what is in them
  };
  const auto low = at(lower), high = at(upper);
  if (!low || !high || before > lower) return no_distribution();
  return *low + (*high - *low) * (rank - static_cast<double>(lower));
}

}  // namespace deskhouse::core
