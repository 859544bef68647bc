#include "sources/scan.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace deskhouse::sources {
namespace {

TEST(Scan, FindsTheSameAsThePortableScan) {
  std::mt19937 random(7);
  std::string text(kScanBytes * 50 + 1, '\0');
  for (char& c : text) {
    const unsigned kind = random() % 8;
    c = kind == 0 ? ',' : kind == 1 ? '"' : kind == 2 ? '\n' : static_cast<char>(random() % 256);
  }
  std::vector<ScanMasks> fast(50), slow(50);
  // An odd address: blocks need no alignment.
  scan(text.data() + 1, 50, ',', '"', fast.data());
  scan_portable(text.data() + 1, 50, ',', '"', slow.data());
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(fast[i].breaks, slow[i].breaks);
    EXPECT_EQ(fast[i].quotes, slow[i].quotes);
    EXPECT_EQ(fast[i].newlines, slow[i].newlines);
    EXPECT_EQ(fast[i].specials, slow[i].specials);
  }
}

TEST(Scan, BitsAreBytes) {
  std::string text(kScanBytes, 'x');
  text[0] = ',';
  text[31] = '"';
  text[32] = '\n';
  text[62] = '\0';
  text[63] = '\x80';
  ScanMasks masks;
  scan(text.data(), 1, ',', '"', &masks);
  EXPECT_EQ(masks.breaks, 1ull | 1ull << 32);
  EXPECT_EQ(masks.quotes, 1ull << 31);
  EXPECT_EQ(masks.newlines, 1ull << 32);
  EXPECT_EQ(masks.specials, 1ull << 62 | 1ull << 63);
}

}  // namespace
}  // namespace deskhouse::sources
