// Which version of each record wins within one extraction (spec 3, step 4). Grows with the number of distinct
// keys (64 to 72 bytes each); no allocation per record. Not thread-safe. The winner's content does not depend
// on the order of the offers.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace deskhouse::staging {

// Later is greater. position decides only where updated_us and version are equal.
struct VersionRank {
  std::int64_t updated_us, version, position;
  auto operator<=>(const VersionRank&) const = default;
};

class VersionIndex {
 public:
  enum class Outcome {
    first,  // no version of this key so far
    newer,  // wins over the best so far; the position at which that row was offered is in `replaced_position`
    older,  // an older one: superseded
    duplicate,  // same version and content as the best so far: superseded, and no version of its own
    collision,  // another id has this key: a surrogate key collision, the run must stop
  };
  struct Offer {
    Outcome outcome;
    std::int64_t replaced_position;
    bool tie;  // newer, older: only the position decided
  };
  Offer offer(std::int64_t key, std::uint32_t check, VersionRank rank, std::int64_t row_hash);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::int64_t key;
    VersionRank rank;            // of the best; position: the latest of those with its version and content
    std::int64_t kept_position;  // of the row that the caller keeps
    std::int64_t row_hash;
    std::uint32_t check;
  };
  std::size_t slot_of(std::int64_t key) const;
  void grow();
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // open addressing; 0: free, else entry index + 1
};

}  // namespace deskhouse::staging
