#include "app/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/json_text.h"

namespace deskhouse::app {

namespace {

void write(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

// Columns of a terminal that a text takes: wide East Asian characters take two.
std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t length = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    width += length >= 3 && c >= 0xE3 ? 2 : 1;
    i += length;
  }
  return width;
}

std::string csv_cell(std::string_view text, bool null) {
  if (null) return "";
  if (text.empty()) return "\"\"";
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

// A number that JSON can hold as it is.
bool is_json_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789+-.eE") == std::string_view::npos && text != "-";
}

void print_grid(const TextTable& table) {
  std::vector<std::size_t> widths;
  for (const auto& column : table.columns) widths.push_back(display_width(column));
  for (const auto& row : table.rows)
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], display_width(row[c]));
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string out;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const std::string padding(widths[c] - display_width(cells[c]), ' ');
      if (c > 0) out += "  ";
      out += table.numbers[c] ? padding + cells[c] : c + 1 == cells.size() ? cells[c] : cells[c] + padding;
    }
    write(out + "\n");
  };
  line(table.columns);
  std::vector<std::string> rules;
  for (const auto width : widths) rules.emplace_back(width, '-');
  line(rules);
  for (const auto& row : table.rows) line(row);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : lossy_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n' || c == '\r' || c == '\t') out += ' ';
    else if (byte >= 0x20 && byte != 0x7F) out += c;
  }
  return out;
}

std::string grouped(std::int64_t number) {
  auto digits = std::to_string(number < 0 ? -number : number);
  for (auto at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<std::size_t>(at), ",");
  return number < 0 ? "-" + digits : digits;
}

std::string human_bytes(double bytes) {
  for (const auto* unit : {"B", "KiB", "MiB"}) {
    if (bytes < 1024) return fmt::format("{:.{}f} {}", bytes, *unit == 'B' ? 0 : 1, unit);
    bytes /= 1024;
  }
  return fmt::format("{:.2f} GiB", bytes);
}

void print_rows(const warehouse::Rows& rows, Form form) {
  const auto columns = rows.column_count();
  if (form == Form::table) {
    TextTable table;
    for (std::size_t c = 0; c < columns; ++c) {
      table.columns.push_back(printable(rows.column_name(c)));
      table.numbers.push_back(rows.is_number(c));
    }
    for (std::size_t r = 0; r < rows.row_count(); ++r) {
      auto& row = table.rows.emplace_back();
      for (std::size_t c = 0; c < columns; ++c) row.push_back(printable(rows.display(r, c)));
    }
    return print_grid(table);
  }
  std::string out;
  if (form == Form::csv) {
    for (std::size_t c = 0; c < columns; ++c) out += (c > 0 ? "," : "") + csv_cell(rows.column_name(c), false);
    out += "\n";
  }
  for (std::size_t r = 0; r < rows.row_count(); ++r) {
    if (form == Form::json) out += r == 0 ? "[{" : ",\n {";
    for (std::size_t c = 0; c < columns; ++c) {
      const bool null = rows.is_null(r, c);
      const auto cell = rows.display(r, c);
      if (c > 0) out += ",";
      if (form == Form::csv) out += csv_cell(cell, null);
      else if (null) out += json_text(rows.column_name(c)) + ":null";
      else if ((rows.is_number(c) && is_json_number(cell)) || rows.column_type(c) == "BOOLEAN") out += json_text(rows.column_name(c)) + ":" + cell;
      else out += json_text(rows.column_name(c)) + ":" + json_text(cell);
    }
    out += form == Form::json ? "}" : "\n";
    if (out.size() > (1 << 20)) {
      write(out);
      out.clear();
    }
  }
  if (form == Form::json) out += rows.row_count() == 0 ? "[]\n" : "]\n";
  write(out);
}

void print_table(const TextTable& table, Form form) {
  if (form == Form::table) {
    auto clean = table;
    for (auto& row : clean.rows)
      for (auto& cell : row) cell = printable(cell);
    return print_grid(clean);
  }
  std::string out;
  if (form == Form::csv) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) out += (c > 0 ? "," : "") + csv_cell(table.columns[c], false);
    out += "\n";
  } else {
    out = "[";
  }
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    if (form == Form::json) out += r == 0 ? "{" : ",\n {";
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const auto& cell = table.rows[r][c];
      if (c > 0) out += ",";
      if (form == Form::csv) out += csv_cell(cell, false);
      else out += json_text(table.columns[c]) + ":" + (table.numbers[c] && is_json_number(cell) ? cell : json_text(cell));
    }
    out += form == Form::json ? "}" : "\n";
  }
  write(out + (form == Form::json ? "]\n" : ""));
}

}  // namespace deskhouse::app
