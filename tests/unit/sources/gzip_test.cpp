#include "sources/gzip.h"

#include <gmock/gmock.h>

#include <cstring>

#include "unit/sources/support.h"

namespace deskhouse::sources {
namespace {

using testing::HasSubstr;

class Memory final : public ByteStream {
 public:
  explicit Memory(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> read(char* out, std::size_t capacity) override {
    const std::size_t count = std::min(capacity, bytes_.size() - at_);
    std::memcpy(out, bytes_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

Result<std::string> inflate(const std::string& bytes, std::size_t block, std::size_t capacity) {
  const auto stream = make_gzip_stream(std::make_unique<Memory>(bytes), "t.csv.gz", block);
  std::string text, part(capacity, '\0');
  for (;;) {
    DH_ASSIGN(const std::size_t got, stream->read(part.data(), part.size()));
    if (got == 0) return text;
    text += part.substr(0, got);
  }
}

std::string sample() {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "INC" + std::to_string(i * 7919 % 10007) + ",Open,\"x\"\n";
  return text;
}

TEST(Gzip, AnyBlockSizes) {
  const std::string text = sample(), bytes = gzip(text);
  for (const std::size_t block : {1, 2, 7, 8, 100, 1 << 20}) {
    for (const std::size_t capacity : {1, 3, 1000, 1 << 20}) {
      const auto got = inflate(bytes, block, capacity);
      ASSERT_TRUE(got.has_value()) << got.error().message;
      ASSERT_EQ(*got, text) << block << ' ' << capacity;
    }
  }
}

TEST(Gzip, SeveralMembersEmptyOnesAndPadding) {
  const std::string text = sample();
  const std::string bytes = gzip("a,b\n") + gzip("") + gzip(text) + gzip("end") + std::string(700, '\0');
  for (const std::size_t block : {1, 2, 3, 17, 18, 19, 20, 21, 22, 23, 64, 4096, 1 << 20}) {
    const auto got = inflate(bytes, block, 1000);
    ASSERT_TRUE(got.has_value()) << got.error().message;
    ASSERT_EQ(*got, "a,b\n" + text + "end") << block;
  }
}

// Wherever the file was cut: never an end that looks like a good one.
TEST(Gzip, EveryCutIsAnErrorThatNamesFileAndOffset) {
  const std::string first = gzip("a,b\n1,2\n"), bytes = first + gzip("3,4\n5,6\n");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    if (size == first.size()) continue;  // a whole file
    for (const std::size_t block : {1, 5, 4096}) {
      const auto got = inflate(bytes.substr(0, size), block, 1000);
      ASSERT_FALSE(got.has_value()) << size;
      EXPECT_THAT(got.error().message, HasSubstr("t.csv.gz ends too early"));
      EXPECT_THAT(got.error().message, HasSubstr("byte " + std::to_string(size) + " "));
    }
  }
}

TEST(Gzip, DamageIsAnError) {
  const std::string text = sample();
  std::string bytes = gzip(text);
  bytes[bytes.size() - 6] ^= 1;  // in the checksum
  EXPECT_THAT(inflate(bytes, 4096, 1000).error().message, HasSubstr("the checksum does not match"));
  bytes = gzip(text);
  bytes[bytes.size() / 2] ^= 0x55;
  EXPECT_THAT(inflate(bytes, 4096, 1000).error().message, HasSubstr("t.csv.gz is damaged"));
  EXPECT_THAT(inflate("id,subject\n1,2\n", 4096, 1000).error().message, HasSubstr("no gzip header"));
  EXPECT_THAT(inflate(gzip(text) + "garbage that is no member", 4096, 1000).error().message, HasSubstr("damaged"));
}

TEST(Gzip, ATruncatedFileEndsTheReaderWithAnError) {
  TempFolder folder;
  const std::string bytes = gzip("a\n" + sample());
  folder.write("t.csv.gz", bytes.substr(0, bytes.size() - 200));
  config::EntityMapping entity = entity_of(folder, "t.csv.gz");
  entity.delimiter = ';';
  const auto records = read_entity(entity, {"a"}, 4096);
  ASSERT_FALSE(records.has_value());
  EXPECT_THAT(records.error().message, HasSubstr("t.csv.gz ends too early"));
}

}  // namespace
}  // namespace deskhouse::sources
