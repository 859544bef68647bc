#include "server/json_rows.h"

#include <fmt/format.h>

#include <cmath>

#include "base/json_text.h"

namespace deskhouse::server {

void append_json(const warehouse::Rows& rows, std::size_t row, std::size_t column, std::string& out) {
  if (rows.is_null(row, column)) {
    out += "null";
    return;
  }
  const auto type = rows.column_type(column);
  if (type == "BOOLEAN") {
    out += rows.integer(row, column) != 0 ? "true" : "false";
  } else if (type == "DOUBLE" || type == "FLOAT") {
    const auto value = rows.real(row, column);
    out += std::isfinite(value) ? fmt::format("{}", value) : "null";  // JSON has no word for the others
  } else if (rows.is_number(column)) {
    out += rows.display(row, column);
  } else {
    out += json_text(rows.display(row, column));
  }
}

std::string json_result(const warehouse::Selected& selected) {
  const auto& rows = selected.rows;
  std::string out = R"({"columns":[)";
  for (std::size_t c = 0; c < rows.column_count(); ++c)
    out += fmt::format(R"({}{{"name":{},"type":"{}"}})", c > 0 ? "," : "", json_text(rows.column_name(c)),
                       rows.column_type(c));
  out += R"(],"rows":[)";
  for (std::size_t r = 0; r < rows.row_count(); ++r) {
    out += r > 0 ? ",[" : "[";
    for (std::size_t c = 0; c < rows.column_count(); ++c) {
      if (c > 0) out += ',';
      append_json(rows, r, c, out);
    }
    out += ']';
  }
  out += fmt::format(R"(],"truncated":{})", selected.truncated);
  return out;
}

std::string json_objects(const warehouse::Rows& rows) {
  std::string out = "[";
  for (std::size_t r = 0; r < rows.row_count(); ++r) {
    out += r > 0 ? ",{" : "{";
    for (std::size_t c = 0; c < rows.column_count(); ++c) {
      out += fmt::format("{}{}:", c > 0 ? "," : "", json_text(rows.column_name(c)));
      append_json(rows, r, c, out);
    }
    out += '}';
  }
  return out + ']';
}

}  // namespace deskhouse::server
