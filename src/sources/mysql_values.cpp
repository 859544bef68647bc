#include "sources/mysql_values.h"

#include <fmt/format.h>

#include <charconv>

namespace deskhouse::sources {
namespace {

constexpr struct {
  std::string_view type;
  MysqlForm form;
} kForms[] = {{"tinyint", MysqlForm::plain},
              {"smallint", MysqlForm::plain},
              {"mediumint", MysqlForm::plain},
              {"int", MysqlForm::plain},
              {"bigint", MysqlForm::plain},
              {"decimal", MysqlForm::plain},
              {"double", MysqlForm::plain},
              {"year", MysqlForm::plain},
              {"time", MysqlForm::plain},
              {"float", MysqlForm::single},
              {"bit", MysqlForm::bit},
              {"timestamp", MysqlForm::timestamp},
              {"datetime", MysqlForm::datetime},
              {"date", MysqlForm::date},
              {"binary", MysqlForm::bytes},
              {"varbinary", MysqlForm::bytes},
              {"tinyblob", MysqlForm::bytes},
              {"blob", MysqlForm::bytes},
              {"mediumblob", MysqlForm::bytes},
              {"longblob", MysqlForm::bytes},
              {"vector", MysqlForm::bytes},
              {"geometry", MysqlForm::refused},
              {"point", MysqlForm::refused},
              {"linestring", MysqlForm::refused},
              {"polygon", MysqlForm::refused},
              {"multipoint", MysqlForm::refused},
              {"multilinestring", MysqlForm::refused},
              {"multipolygon", MysqlForm::refused},
              {"geometrycollection", MysqlForm::refused},
              {"geomcollection", MysqlForm::refused}};

constexpr std::size_t kDaySize = 10;  // 2024-03-05

bool has_zero_part(std::string_view day) {
  return day.starts_with("0000") || day.substr(5, 2) == "00" || day.substr(8, 2) == "00";
}

// "2024-03-05 14:07:09.120000" -> "2024-03-05T14:07:09.12"
void append_moment(std::string_view value, bool with_zone, std::string& out) {
  if (value.find('.') != std::string_view::npos) {
    while (value.ends_with('0')) value.remove_suffix(1);
    if (value.ends_with('.')) value.remove_suffix(1);
  }
  const auto begin = out.size();
  out += value;
  if (value.size() <= kDaySize || has_zero_part(value)) return;
  out[begin + kDaySize] = 'T';
  if (with_zone) out += 'Z';
}

// The shortest digits that are this float and no other.
void append_single(std::string_view value, std::string& out) {
  double number = 0;
  const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
  if (read.ec != std::errc()) {
    out += value;
    return;
  }
  char text[64];
  const auto written = std::to_chars(std::begin(text), std::end(text), static_cast<float>(number));
  out.append(text, written.ptr);
}

}  // namespace

MysqlForm mysql_form(std::string_view data_type) {
  for (const auto& known : kForms)
    if (known.type == data_type) return known.form;
  return MysqlForm::text;
}

std::string mysql_expression(MysqlForm form, const std::string& name) {
  if (form == MysqlForm::single) return fmt::format("({} + 0e0)", name);
  if (form == MysqlForm::bit) return fmt::format("({} + 0)", name);
  return name;
}

void append_mysql_text(MysqlForm form, std::string_view value, std::string& out) {
  switch (form) {
    case MysqlForm::timestamp:
      return append_moment(value, true, out);
    case MysqlForm::datetime:
      return append_moment(value, false, out);
    case MysqlForm::single:
      return append_single(value, out);
    default:
      out += value;
  }
}

std::string mysql_quoted(std::string_view name) {
  std::string quoted = "`";
  for (const char c : name) quoted += c == '`' ? std::string("``") : std::string(1, c);
  return quoted + '`';
}

}  // namespace deskhouse::sources
