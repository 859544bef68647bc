#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "base/descriptor.h"
#include "warehouse/places.h"

namespace deskhouse::warehouse {

namespace {

constexpr int kBucketBits = 12;
constexpr std::size_t kLarge = std::size_t{8} << 20;  // bytes, from which on it matters what is kept in memory

std::uint64_t spread_of(std::int64_t key) {
  return static_cast<std::uint64_t>(key) ^ (1ULL << 63);  // the order of signed numbers
}

std::unexpected<Error> failed(std::string_view what, const std::filesystem::path& file) {
  return fail(Error::Kind::io, fmt::format("Cannot {} {}: {}", what, file.string(), std::strerror(errno)));
}

Result<Descriptor> create(const std::filesystem::path& file, bool append) {
  Descriptor out(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0644));
  if (out.get() < 0) return failed("create", file);
  return out;
}

Status append_to(const Descriptor& out, const std::filesystem::path& file, std::span<const PlaceEntry> entries) {
  const auto* bytes = reinterpret_cast<const char*>(entries.data());
  for (std::size_t done = 0; done < entries.size_bytes();) {
    const auto written = ::write(out.get(), bytes + done, entries.size_bytes() - done);
    if (written < 0 && errno != EINTR) return failed("write", file);
    if (written > 0) done += static_cast<std::size_t>(written);
  }
  return {};
}

Status finish(const Descriptor& out, const std::filesystem::path& file) {
  if (::fdatasync(out.get()) != 0) return failed("write", file);
  return {};
}

}  // namespace

void order_places(std::vector<PlaceEntry>& entries) {
  constexpr std::size_t kBuckets = std::size_t{1} << kBucketBits;
  if (entries.size() < kBuckets * 4) {
    std::ranges::sort(entries);
    return;
  }
  const auto bucket_of = [](const PlaceEntry& e) { return spread_of(e.key) >> (64 - kBucketBits); };
  std::vector<std::size_t> ends(kBuckets, 0);
  for (const auto& entry : entries) ++ends[bucket_of(entry)];
  std::size_t sum = 0;
  for (auto& end : ends) end = std::exchange(sum, sum + end);
  const auto starts = ends;
  std::vector<PlaceEntry> ordered(entries.size());
  for (const auto& entry : entries) ordered[ends[bucket_of(entry)]++] = entry;
  for (std::size_t b = 0; b < kBuckets; ++b)
    std::sort(ordered.begin() + static_cast<std::ptrdiff_t>(starts[b]),
              ordered.begin() + static_cast<std::ptrdiff_t>(ends[b]));
  entries = std::move(ordered);
}

Status PlaceRun::write(const std::filesystem::path& file, std::span<const PlaceEntry> entries, bool append) {
  DH_ASSIGN(const auto out, create(file, append));
  DH_TRY(append_to(out, file, entries));
  return finish(out, file);
}

Result<std::size_t> PlaceRun::write_merged(const std::filesystem::path& file, std::span<const PlaceEntry> entries,
                                           std::span<const PlaceRun* const> runs, std::int64_t below) {
  constexpr std::size_t kBlock = std::size_t{1} << 16;
  struct Part {
    std::span<const PlaceEntry> rest;
    std::int64_t below;
  };
  std::vector<Part> parts{{entries, std::numeric_limits<std::int64_t>::max()}};
  for (const auto* run : runs) parts.push_back({run->entries_, below});
  DH_ASSIGN(const auto out, create(file, false));
  std::size_t count = 0;
  std::vector<PlaceEntry> block;
  block.reserve(kBlock);
  while (true) {
    std::erase_if(parts, [](const auto& part) { return part.rest.empty(); });
    if (parts.empty() || block.size() == kBlock) {
      DH_TRY(append_to(out, file, block));
      count += block.size();
      if (parts.empty()) break;
      block.clear();
      for (const auto* run : runs) run->let_go();
    }
    while (block.size() < kBlock) {
      auto& least = *std::ranges::min_element(parts, {}, [](const auto& part) { return part.rest.front(); });
      if (least.rest.front().place < least.below) block.push_back(least.rest.front());
      least.rest = least.rest.subspan(1);
      if (least.rest.empty()) break;
    }
  }
  DH_TRY(finish(out, file));
  return count;
}

Result<PlaceRun> PlaceRun::open(const std::filesystem::path& file, std::size_t count) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0) return failed("open", file);
  const auto bytes = count * sizeof(PlaceEntry);
  struct stat status {};
  if (::fstat(in.get(), &status) != 0) return failed("read", file);
  if (static_cast<std::size_t>(status.st_size) != bytes)
    return fail(Error::Kind::io, fmt::format("{} does not hold {} entries", file.string(), count));
  PlaceRun run;
  if (count == 0) return run;
  auto* mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, in.get(), 0);
  if (mapped == MAP_FAILED) return failed("read", file);
  // Few of its pages are read, all over it: their neighbours would only take memory.
  if (bytes > kLarge) (void)::madvise(mapped, bytes, MADV_RANDOM);
  run.entries_ = {static_cast<const PlaceEntry*>(mapped), count};
  return run;
}

PlaceRun::PlaceRun(PlaceRun&& other) noexcept : entries_(std::exchange(other.entries_, {})) {}
PlaceRun& PlaceRun::operator=(PlaceRun&& other) noexcept {
  std::swap(entries_, other.entries_);
  return *this;
}
PlaceRun::~PlaceRun() {
  if (!entries_.empty()) ::munmap(const_cast<PlaceEntry*>(entries_.data()), entries_.size_bytes());
}

void PlaceRun::find(std::span<const std::int64_t> keys, std::vector<std::int64_t>& places) const {
  const auto size = entries_.size();
  std::size_t from = 0;  // everything before it is less than the key
  for (const auto key : keys) {
    // The keys are spread evenly, so that the place in the file follows from the key but for a little.
    const auto guess =
        static_cast<std::size_t>(static_cast<double>(size) * 0x1p-64 * static_cast<double>(spread_of(key)));
    // The first entry that is not less than the key is within [low, high].
    std::size_t low = from, high = size, at = std::clamp(guess, from, size);
    if (at < size && entries_[at].key < key) {
      for (std::size_t step = 16; at < size; step *= 2) {
        low = at + 1;
        at += step;
        if (at >= size || entries_[at].key < key) continue;
        high = at;
        break;
      }
    } else {
      high = at;
      for (std::size_t step = 16; high > from; step *= 2) {
        at = high > from + step ? high - step : from;
        if (entries_[at].key < key) {
          low = at + 1;
          break;
        }
        high = at;
      }
    }
    const auto first = std::lower_bound(entries_.begin() + static_cast<std::ptrdiff_t>(low),
                                        entries_.begin() + static_cast<std::ptrdiff_t>(high), key,
                                        [](const PlaceEntry& e, std::int64_t k) { return e.key < k; });
    from = static_cast<std::size_t>(first - entries_.begin());
    for (at = from; at < size && entries_[at].key == key; ++at) places.push_back(entries_[at].place);
  }
  let_go();
}

void PlaceRun::let_go() const {
  if (entries_.size_bytes() > kLarge)
    (void)::madvise(const_cast<PlaceEntry*>(entries_.data()), entries_.size_bytes(), MADV_DONTNEED);
}

}  // namespace deskhouse::warehouse
