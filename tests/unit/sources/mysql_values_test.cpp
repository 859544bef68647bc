#include "sources/mysql_values.h"

#include <gtest/gtest.h>

namespace deskhouse::sources {
namespace {

std::string text(MysqlForm form, std::string_view value) {
  std::string out;
  append_mysql_text(form, value, out);
  return out;
}

TEST(MysqlValues, MomentsAreIso) {
  EXPECT_EQ(text(MysqlForm::timestamp, "2024-03-05 14:07:09"), "2024-03-05T14:07:09Z");
  EXPECT_EQ(text(MysqlForm::timestamp, "2024-03-05 14:07:09.000000"), "2024-03-05T14:07:09Z");
  EXPECT_EQ(text(MysqlForm::timestamp, "2024-03-05 14:07:09.120000"), "2024-03-05T14:07:09.12Z");
  EXPECT_EQ(text(MysqlForm::datetime, "2024-03-05 14:07:10.000"), "2024-03-05T14:07:10");
  EXPECT_EQ(text(MysqlForm::datetime, "9999-12-31 23:59:59.999999"), "9999-12-31T23:59:59.999999");
}

TEST(MysqlValues, ZeroDatesAreAsTheServerWritesThem) {
  EXPECT_EQ(text(MysqlForm::timestamp, "0000-00-00 00:00:00.000000"), "0000-00-00 00:00:00");
  EXPECT_EQ(text(MysqlForm::datetime, "0000-00-00 00:00:00"), "0000-00-00 00:00:00");
  EXPECT_EQ(text(MysqlForm::datetime, "2024-00-15 00:00:00"), "2024-00-15 00:00:00");
  EXPECT_EQ(text(MysqlForm::datetime, "2024-10-00 00:00:00"), "2024-10-00 00:00:00");
  EXPECT_EQ(text(MysqlForm::date, "2024-00-15"), "2024-00-15");
  EXPECT_EQ(text(MysqlForm::datetime, "2000-10-20 00:00:00"), "2000-10-20T00:00:00");
}

TEST(MysqlValues, FloatsHaveTheDigitsThatTheyAreMadeOf) {
  EXPECT_EQ(text(MysqlForm::single, "0.10000000149011612"), "0.1");
  EXPECT_EQ(text(MysqlForm::single, "16777216"), "16777216");
  EXPECT_EQ(text(MysqlForm::single, "-2.5"), "-2.5");
  EXPECT_EQ(text(MysqlForm::single, "nonsense"), "nonsense");
}

TEST(MysqlValues, FormsOfTypes) {
  EXPECT_EQ(mysql_form("tinyint"), MysqlForm::plain);
  EXPECT_EQ(mysql_form("json"), MysqlForm::text);
  EXPECT_EQ(mysql_form("varbinary"), MysqlForm::bytes);
  EXPECT_EQ(mysql_form("multipolygon"), MysqlForm::refused);
  EXPECT_EQ(mysql_form("a type of tomorrow"), MysqlForm::text);
  EXPECT_EQ(mysql_expression(MysqlForm::bit, "`b`"), "(`b` + 0)");
  EXPECT_EQ(mysql_expression(MysqlForm::text, "`b`"), "`b`");
}

TEST(MysqlValues, NamesAreQuoted) {
  EXPECT_EQ(mysql_quoted("a"), "`a`");
  EXPECT_EQ(mysql_quoted("a` or `b"), "`a`` or ``b`");
}

}  // namespace
}  // namespace deskhouse::sources
