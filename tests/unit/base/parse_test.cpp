#include "base/parse.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <cstdint>
#include <string>

namespace deskhouse {
namespace {

struct IntegerCase {
  const char* text;
  NumberFault fault;
  std::int64_t value = 0;
};

class ParseInteger : public testing::TestWithParam<IntegerCase> {};

TEST_P(ParseInteger, ReadsWithoutLossOrNotAtAll) {
  const auto& c = GetParam();
  const auto number = parse_integer(c.text);
  EXPECT_EQ(number.fault, c.fault) << c.text;
  EXPECT_EQ(number.ok() ? number.value : 0, c.value) << c.text;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ParseInteger,
    testing::Values(IntegerCase{"0", NumberFault::none, 0}, IntegerCase{"-7", NumberFault::none, -7},
                    IntegerCase{"+7", NumberFault::none, 7}, IntegerCase{"007", NumberFault::none, 7},
                    IntegerCase{"12.0", NumberFault::none, 12}, IntegerCase{"12.", NumberFault::none, 12},
                    IntegerCase{"1.2e1", NumberFault::none, 12}, IntegerCase{"1200e-2", NumberFault::none, 12},
                    IntegerCase{"0e999", NumberFault::none, 0},
                    IntegerCase{"9223372036854775807", NumberFault::none, INT64_MAX},
                    IntegerCase{"-9223372036854775808", NumberFault::none, INT64_MIN},
                    IntegerCase{"9223372036854775808", NumberFault::out_of_range},
                    IntegerCase{"1e19", NumberFault::out_of_range},
                    IntegerCase{"99999999999999999999999", NumberFault::out_of_range},
                    IntegerCase{"12.5", NumberFault::inexact}, IntegerCase{"1e-1", NumberFault::inexact},
                    IntegerCase{"", NumberFault::not_a_number}, IntegerCase{"-", NumberFault::not_a_number},
                    IntegerCase{".", NumberFault::not_a_number}, IntegerCase{"1,000", NumberFault::not_a_number},
                    IntegerCase{"1 000", NumberFault::not_a_number}, IntegerCase{"0x10", NumberFault::not_a_number},
                    IntegerCase{"1e", NumberFault::not_a_number}, IntegerCase{"1e9999", NumberFault::not_a_number},
                    IntegerCase{"nan", NumberFault::not_a_number}, IntegerCase{" 1", NumberFault::not_a_number}));

struct DecimalCase {
  const char* text;
  NumberFault fault;
  std::int64_t units = 0;
};

class ParseDecimal : public testing::TestWithParam<DecimalCase> {};

TEST_P(ParseDecimal, ReadsWithoutLossOrNotAtAll) {
  const auto& c = GetParam();
  const auto number = parse_decimal(c.text);
  EXPECT_EQ(number.fault, c.fault) << c.text;
  EXPECT_EQ(number.ok() ? number.value.units : 0, c.units) << c.text;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ParseDecimal,
    testing::Values(DecimalCase{"12.5", NumberFault::none, 125'000}, DecimalCase{"-0.0001", NumberFault::none, -1},
                    DecimalCase{".5", NumberFault::none, 5'000}, DecimalCase{"12.50000000", NumberFault::none, 125'000},
                    DecimalCase{"1.25e2", NumberFault::none, 1'250'000}, DecimalCase{"0.00001", NumberFault::inexact},
                    DecimalCase{"3.14159", NumberFault::inexact},
                    DecimalCase{"99999999999999.9999", NumberFault::none, 999'999'999'999'999'999},
                    DecimalCase{"100000000000000", NumberFault::out_of_range},
                    DecimalCase{"1e300", NumberFault::out_of_range}, DecimalCase{"inf", NumberFault::not_a_number},
                    DecimalCase{"1.2.3", NumberFault::not_a_number}, DecimalCase{"1,5", NumberFault::not_a_number},
                    DecimalCase{"$5", NumberFault::not_a_number}));

RC_GTEST_PROP(ParseDecimalProperty, WhatIsWrittenIsReadBack, ()) {
  const Decimal value{*rc::gen::inRange<std::int64_t>(-999'999'999'999'999'999, 999'999'999'999'999'999)};
  const auto read = parse_decimal(to_string(value));
  RC_ASSERT(read.ok());
  RC_ASSERT(read.value == value);
}

RC_GTEST_PROP(ParseIntegerProperty, WhatIsWrittenIsReadBack, (std::int64_t value)) {
  const auto read = parse_integer(std::to_string(value));
  RC_ASSERT(read.ok());
  RC_ASSERT(read.value == value);
}

}  // namespace
}  // namespace deskhouse
