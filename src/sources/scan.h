// Where the bytes are that a CSV reader looks for, 64 bytes of text at a time, as bit masks (bit i: byte i).
#pragma once

#include <cstddef>
#include <cstdint>

namespace deskhouse::sources {

inline constexpr std::size_t kScanBytes = 64;

struct ScanMasks {
  std::uint64_t breaks = 0;  // delimiter or newline
  std::uint64_t quotes = 0;
  std::uint64_t newlines = 0;
  std::uint64_t specials = 0;  // NUL or not ASCII: a record with none needs no check of its text
};

// Scans blocks * kScanBytes readable bytes. Thread-safe. AVX2 where the processor has it.
void scan(const char* text, std::size_t blocks, char delimiter, char quote, ScanMasks* out);

// The portable version that `scan` must agree with, for tests and other processors.
void scan_portable(const char* text, std::size_t blocks, char delimiter, char quote, ScanMasks* out);

}  // namespace deskhouse::sources
