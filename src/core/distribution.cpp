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

// The search for a rank narrows a range of values: how many numbers lie in each of its equal steps tells which step the
// rank is in, and that one is looked at next. No number is kept, and none is sorted but the last few.
constexpr std::size_t kSteps = 4096, kFew = 4096;

std::uint64_t distance(std::int64_t from, std::int64_t to) {
  return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}

std::int64_t plus(std::int64_t value, std::uint64_t distance) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) + distance);
}

struct Range {
  std::int64_t from = 0, to = 0;  // both are in it
  std::uint64_t step_width() const { return distance(from, to) / kSteps + 1; }
  Range steps(std::size_t first, std::size_t last, std::uint64_t width) const {
    const auto room = distance(from, to);
    return {plus(from, std::min(first * width, room)),
            last + 1 == kSteps ? to : plus(from, std::min((last + 1) * width - 1, room))};
  }
};

using Counts = std::array<std::int64_t, kSteps>;

// Where the rank lies by what the list of blocks says, without a look into one.
Range narrow_by_blocks(const std::vector<Block>& blocks, std::int64_t rank) {
  Range range{INT64_MAX, INT64_MIN};
  for (const auto& block : blocks) range = {std::min(range.from, block.least()), std::max(range.to, block.greatest)};
  while (true) {
    const auto width = range.step_width();
    // Numbers that can be before the end of a step, and those that must be.
    Counts can{}, must{};
    std::int64_t can_before = 0, must_before = 0;
    for (const auto& block : blocks) {
      const auto least = block.least();
      if (least < range.from)
        can_before += block.count;
      else if (least <= range.to)
        can[distance(range.from, least) / width] += block.count;
      if (block.greatest < range.from)
        must_before += block.count;
      else if (block.greatest <= range.to)
        must[distance(range.from, block.greatest) / width] += block.count;
    }
    std::size_t first = 0, last = 0;
    while (first + 1 < kSteps && (can_before += can[first]) <= rank) ++first;
    while (last + 1 < kSteps && (must_before += must[last]) <= rank) ++last;
    const auto narrower = range.steps(first, std::max(first, last), width);
    const bool is_half = distance(narrower.from, narrower.to) <= distance(range.from, range.to) / 2;
    range = narrower;
    if (!is_half || width == 1) return range;
  }
}

// The number at a rank, and how many numbers are not greater.
struct Found {
  std::int64_t value = 0, through = 0;
};

// Nothing: the bytes are no distribution.
std::optional<Found> find_rank(const std::vector<Block>& blocks, std::int64_t rank) {
  auto range = narrow_by_blocks(blocks, rank);
  bool is_sound = true;
  std::vector<const Block*> near;
  std::int64_t before = 0;  // numbers less than those that `near` holds
  for (const auto& block : blocks) {
    if (block.greatest < range.from)
      before += block.count;
    else if (block.least() <= range.to)
      near.push_back(&block);
  }
  // Calls each(value, count) for the numbers in the range; those of `near` before it are counted.
  const auto look = [&](auto each) {
    auto passed = before;
    for (const auto* block : near)
      is_sound &= read_numbers(*block, [&](std::int64_t value, std::int64_t count) {
        is_sound &= count > 0;
        if (value < range.from)
          passed += count;
        else if (value <= range.to)
          each(value, count);
      });
    return passed;
  };
  while (true) {
    const auto width = range.step_width();
    Counts counts{};
    std::array<std::uint32_t, kSteps> numbers{};
    auto passed = look([&](std::int64_t value, std::int64_t count) {
      const auto step = distance(range.from, value) / width;
      counts[step] += count;
      ++numbers[step];
    });
    std::size_t step = 0;
    while (step < kSteps && passed + counts[step] <= rank) passed += counts[step++];
    if (!is_sound || step == kSteps || passed > rank) return std::nullopt;
    range = range.steps(step, step, width);
    if (width == 1) return Found{range.from, passed + counts[step]};
    std::erase_if(near, [&](const Block* block) {
      if (block->greatest < range.from) before += block->count;
      return block->greatest < range.from || block->least() > range.to;
    });
    if (numbers[step] > kFew) continue;
    std::vector<Occurrence> few;
    few.reserve(numbers[step]);
    passed = look([&](std::int64_t value, std::int64_t count) { few.push_back({value, count}); });
    merge(few);
    for (const auto& [value, count] : few)
      if ((passed += count) > rank) return Found{value, passed};
    return std::nullopt;
  }
}

// The least number above another one.
std::optional<std::int64_t> next_above(const std::vector<Block>& blocks, std::int64_t below) {
  std::optional<std::int64_t> next;
  bool is_sound = true;
  for (const auto& block : blocks)
    if (block.greatest > below && (!next || block.least() < *next))
      is_sound &= read_numbers(block, [&](std::int64_t value, std::int64_t) {
        if (value > below && (!next || value < *next)) next = value;
      });
  return is_sound ? next : std::nullopt;
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
  std::size_t bytes = 0;
  for (const auto part : parts) bytes += part.size();
  blocks.reserve(parts.size() + bytes / kBlockNumbers);  // a number takes a byte at least
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
  const auto found = find_rank(blocks, lower);
  if (!found) return no_distribution();
  const auto low = static_cast<double>(found->value);
  if (found->through > upper) return low;
  const auto next = next_above(blocks, found->value);
  if (!next) return no_distribution();
  return low + (static_cast<double>(*next) - low) * (rank - static_cast<double>(lower));
}

}  // namespace deskhouse::core
