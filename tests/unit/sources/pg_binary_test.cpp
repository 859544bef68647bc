#include "sources/pg_binary.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace deskhouse::sources {
namespace {

template <class Int>
std::string bytes_of(Int value) {
  std::string bytes;
  for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8)
    bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> shift);
  return bytes;
}

std::string text(PgForm form, const std::string& bytes) {
  std::string out = "x";
  EXPECT_TRUE(append_pg_text(form, bytes, out));
  return out.substr(1);
}

std::string numeric(int weight, int sign, int decimals, const std::vector<int>& digits) {
  std::string bytes = bytes_of<std::int16_t>(static_cast<std::int16_t>(digits.size()));
  for (const int part : {weight, sign, decimals}) bytes += bytes_of<std::int16_t>(static_cast<std::int16_t>(part));
  for (const int digit : digits) bytes += bytes_of<std::int16_t>(static_cast<std::int16_t>(digit));
  return bytes;
}

TEST(PgBinary, Integers) {
  EXPECT_EQ(text(PgForm::int2, bytes_of<std::int16_t>(-7)), "-7");
  EXPECT_EQ(text(PgForm::int4, bytes_of<std::int32_t>(2'000'000'000)), "2000000000");
  EXPECT_EQ(text(PgForm::int8, bytes_of<std::int64_t>(std::numeric_limits<std::int64_t>::min())),
            "-9223372036854775808");
}

TEST(PgBinary, NumbersShowTheDigitsOfTheServer) {
  EXPECT_EQ(text(PgForm::numeric, numeric(0, 0, 2, {12, 5000})), "12.50");
  EXPECT_EQ(text(PgForm::numeric, numeric(0, 0x4000, 0, {7})), "-7");
  EXPECT_EQ(text(PgForm::numeric, numeric(1, 0, 0, {1})), "10000");
  EXPECT_EQ(text(PgForm::numeric, numeric(2, 0, 1, {1, 0, 3, 4000})), "100000003.4");
  EXPECT_EQ(text(PgForm::numeric, numeric(-2, 0, 8, {25})), "0.00000025");
  EXPECT_EQ(text(PgForm::numeric, numeric(0, 0, 3, {})), "0.000");
  EXPECT_EQ(text(PgForm::numeric, numeric(0, 0xC000, 0, {})), "NaN");
  EXPECT_EQ(text(PgForm::numeric, numeric(0, 0xF000, 0, {})), "-Infinity");
}

TEST(PgBinary, DateTimes) {
  EXPECT_EQ(text(PgForm::timestamp, bytes_of<std::int64_t>(0)), "2000-01-01T00:00:00");
  EXPECT_EQ(text(PgForm::timestamptz, bytes_of<std::int64_t>(-1)), "1999-12-31T23:59:59.999999Z");
  EXPECT_EQ(text(PgForm::timestamptz, bytes_of<std::int64_t>(1'500'000)), "2000-01-01T00:00:01.5Z");
  EXPECT_EQ(text(PgForm::timestamp, bytes_of(std::numeric_limits<std::int64_t>::max())), "infinity");
  EXPECT_EQ(text(PgForm::timestamp, bytes_of(std::numeric_limits<std::int64_t>::min())), "-infinity");
  EXPECT_EQ(text(PgForm::date, bytes_of<std::int32_t>(59)), "2000-02-29");
  EXPECT_EQ(text(PgForm::date, bytes_of<std::int32_t>(6'663'995)), "20245-05-26");
  EXPECT_EQ(text(PgForm::date, bytes_of<std::int32_t>(-730'120)), "0001-12-31 BC");
}

TEST(PgBinary, Others) {
  EXPECT_EQ(text(PgForm::boolean, std::string("\1", 1)), "true");
  EXPECT_EQ(text(PgForm::boolean, std::string("\0", 1)), "false");
  EXPECT_EQ(text(PgForm::jsonb, "\1{\"a\": 1}"), "{\"a\": 1}");
  EXPECT_EQ(text(PgForm::uuid, std::string("\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\x00", 16)),
            "123e4567-e89b-12d3-a456-426614174000");
}

TEST(PgBinary, WhatIsNotOfTheFormIsRefused) {
  std::string out;
  EXPECT_FALSE(append_pg_text(PgForm::int4, "ab", out));
  EXPECT_FALSE(append_pg_text(PgForm::timestamp, "", out));
  EXPECT_FALSE(append_pg_text(PgForm::numeric, numeric(0, 0, 0, {1}).substr(0, 9), out));
  EXPECT_FALSE(append_pg_text(PgForm::jsonb, "\2{}", out));
  EXPECT_FALSE(append_pg_text(PgForm::uuid, "short", out));
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace deskhouse::sources
