#include "staging/version_index.h"

#include "base/result.h"

namespace deskhouse::staging {
namespace {

constexpr std::size_t kFirstSlots = 1024;  // a power of two

}  // namespace

// Keys are hashes already, but of a known function: the multiplication spreads those that share low bits.
std::size_t VersionIndex::slot_of(std::int64_t key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot =
      static_cast<std::size_t>((static_cast<std::uint64_t>(key) * 0x9E3779B97F4A7C15ULL) >> 32) & mask;
  while (slots_[slot] != 0 && entries_[slots_[slot] - 1].key != key) slot = (slot + 1) & mask;
  return slot;
}

void VersionIndex::grow() {
  const auto size = slots_.empty() ? kFirstSlots : slots_.size() * 2;
  slots_.assign(size, 0);
  for (std::size_t i = 0; i < entries_.size(); ++i)
    slots_[slot_of(entries_[i].key)] = static_cast<std::uint32_t>(i + 1);
}

VersionIndex::Offer VersionIndex::offer(std::int64_t key, std::uint32_t check, VersionRank rank,
                                        std::int64_t row_hash) {
  if (entries_.size() * 2 >= slots_.size()) grow();
  const auto slot = slot_of(key);
  if (slots_[slot] == 0) {
    DH_ASSERT(entries_.size() < UINT32_MAX, "an extraction has less than 2^32 records");
    entries_.push_back({key, rank, rank.position, row_hash, check});
    slots_[slot] = static_cast<std::uint32_t>(entries_.size());
    return {Outcome::first, 0, false};
  }
  auto& best = entries_[slots_[slot] - 1];
  if (best.check != check) return {Outcome::collision, 0, false};
  const bool same_version = rank.updated_us == best.rank.updated_us && rank.version == best.rank.version;
  if (same_version && row_hash == best.row_hash) {
    // The kept row stays, but it now stands at the later of the two positions: else a third version between
    // them would win or lose by the order of the offers.
    if (rank > best.rank) best.rank = rank;
    return {Outcome::duplicate, 0, false};
  }
  if (rank < best.rank) return {Outcome::older, 0, same_version};
  const auto replaced = best.kept_position;
  best.rank = rank;
  best.kept_position = rank.position;
  best.row_hash = row_hash;
  return {Outcome::newer, replaced, same_version};
}

}  // namespace deskhouse::staging
