#include "sources/scan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace deskhouse::sources {
namespace {

#if defined(__x86_64__)

struct Needles128 {
  __m128i delimiter, quote, newline, nul;
};

inline std::uint64_t equal_bits(__m128i bytes, __m128i needle) {
  return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, needle)));
}

// SSE2 is part of every x86-64.
void scan_sse2(const char* text, std::size_t blocks, char delimiter, char quote, ScanMasks* out) {
  const Needles128 needles{_mm_set1_epi8(delimiter), _mm_set1_epi8(quote), _mm_set1_epi8('\n'), _mm_setzero_si128()};
  for (std::size_t block = 0; block < blocks; ++block) {
    ScanMasks masks;
    for (unsigned part = 0; part < 4; ++part) {
      const auto* at = reinterpret_cast<const __m128i*>(text + block * kScanBytes + 16 * part);
      const __m128i bytes = _mm_loadu_si128(at);
      const std::uint64_t newlines = equal_bits(bytes, needles.newline);
      const std::uint64_t high = static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
      masks.breaks |= (equal_bits(bytes, needles.delimiter) | newlines) << (16 * part);
      masks.quotes |= equal_bits(bytes, needles.quote) << (16 * part);
      masks.newlines |= newlines << (16 * part);
      masks.specials |= (equal_bits(bytes, needles.nul) | high) << (16 * part);
    }
    out[block] = masks;
  }
}

// Both halves of a block spelled out: the compiler does not unroll at -O2.
__attribute__((target("avx2"))) void scan_avx2(const char* text, std::size_t blocks, char delimiter, char quote,
                                               ScanMasks* out) {
  const __m256i delimiters = _mm256_set1_epi8(delimiter), quotes = _mm256_set1_epi8(quote);
  const __m256i newlines = _mm256_set1_epi8('\n'), nuls = _mm256_setzero_si256();
  for (std::size_t block = 0; block < blocks; ++block) {
    const char* at = text + block * kScanBytes;
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + 32));
    const __m256i low_newline = _mm256_cmpeq_epi8(low, newlines), high_newline = _mm256_cmpeq_epi8(high, newlines);
    const auto join = [](__m256i a, __m256i b) __attribute__((target("avx2"))) {
      return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(a))) |
             static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(b))) << 32;
    };
    ScanMasks masks;
    masks.newlines = join(low_newline, high_newline);
    masks.breaks = masks.newlines | join(_mm256_cmpeq_epi8(low, delimiters), _mm256_cmpeq_epi8(high, delimiters));
    masks.quotes = join(_mm256_cmpeq_epi8(low, quotes), _mm256_cmpeq_epi8(high, quotes));
    // The sign bit of a byte is movemask's own, so an OR with the comparison finds both kinds.
    masks.specials =
        join(_mm256_or_si256(low, _mm256_cmpeq_epi8(low, nuls)), _mm256_or_si256(high, _mm256_cmpeq_epi8(high, nuls)));
    out[block] = masks;
  }
}

using Scan = void (*)(const char*, std::size_t, char, char, ScanMasks*);
const Scan kScan = __builtin_cpu_supports("avx2") ? scan_avx2 : scan_sse2;

#endif

}  // namespace

void scan_portable(const char* text, std::size_t blocks, char delimiter, char quote, ScanMasks* out) {
  for (std::size_t block = 0; block < blocks; ++block) {
    ScanMasks masks;
    for (std::size_t i = 0; i < kScanBytes; ++i) {
      const char c = text[block * kScanBytes + i];
      const auto bit = [i](bool set) { return static_cast<std::uint64_t>(set) << i; };
      masks.breaks |= bit(c == delimiter || c == '\n');
      masks.quotes |= bit(c == quote);
      masks.newlines |= bit(c == '\n');
      masks.specials |= bit(c == '\0' || static_cast<unsigned char>(c) >= 0x80);
    }
    out[block] = masks;
  }
}

void scan(const char* text, std::size_t blocks, char delimiter, char quote, ScanMasks* out) {
#if defined(__x86_64__)
  kScan(text, blocks, delimiter, quote, out);
#else
  scan_portable(text, blocks, delimiter, quote, out);
#endif
}

}  // namespace deskhouse::sources
