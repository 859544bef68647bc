#include "app/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/console.h"
#include "base/json_text.h"

namespace deskhouse::app {

namespace {

void write(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), console().out);
}

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

// A number that JSON can hold as it is: not inf, nan, "1,234" or "01".
bool is_json_number(std::string_view text) {
  const auto digits = [&] {
    std::size_t count = 0;
    while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9') return false;
  if (digits() == 0) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

// REQUIRES cells without control characters.
std::string plain_grid(const TextTable& table) {
  std::vector<std::size_t> widths;
  for (const auto& column : table.columns) widths.push_back(display_width(column));
  for (const auto& row : table.rows)
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], display_width(row[c]));
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const std::string padding(widths[c] - display_width(cells[c]), ' ');
      if (c > 0) out += "  ";
      out += table.numbers[c] ? padding + cells[c] : c + 1 == cells.size() ? cells[c] : cells[c] + padding;
    }
    out += "\n";
  };
  line(table.columns);
  std::vector<std::string> rules;
  for (const auto width : widths) rules.emplace_back(width, '-');
  line(rules);
  for (const auto& row : table.rows) line(row);
  return out;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : lossy_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n' || c == '\r' || c == '\t')
      out += ' ';
    else if (byte >= 0x20 && byte != 0x7F)
      out += c;
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

namespace {

TextTable text_table(const warehouse::Rows& rows) {
  TextTable table;
  for (std::size_t c = 0; c < rows.column_count(); ++c) {
    table.columns.push_back(rows.column_name(c));
    table.numbers.push_back(rows.is_number(c));
  }
  for (std::size_t r = 0; r < rows.row_count(); ++r) {
    auto& row = table.rows.emplace_back();
    for (std::size_t c = 0; c < rows.column_count(); ++c) row.push_back(rows.display(r, c));
  }
  return table;
}

std::string json_cell(const warehouse::Rows& rows, std::size_t row, std::size_t column) {
  if (rows.is_null(row, column)) return "null";
  const auto cell = rows.display(row, column);
  const bool bare = (rows.is_number(column) && is_json_number(cell)) || rows.column_type(column) == "BOOLEAN";
  return bare ? cell : json_text(cell);
}

// Writes as it goes: a result may be large.
class Output {
 public:
  explicit Output(const Sink& sink) : sink_(sink) {}
  ~Output() { sink_(text_); }
  Output& operator+=(std::string_view text) {
    text_ += text;
    if (text_.size() > (1 << 20)) {
      sink_(text_);
      text_.clear();
    }
    return *this;
  }

 private:
  const Sink& sink_;
  std::string text_;
};

void write_csv(const warehouse::Rows& rows, Output& out) {
  const auto columns = rows.column_count();
  for (std::size_t c = 0; c < columns; ++c) out += (c > 0 ? "," : "") + csv_cell(rows.column_name(c), false);
  out += "\n";
  for (std::size_t r = 0; r < rows.row_count(); ++r) {
    for (std::size_t c = 0; c < columns; ++c)
      out += (c > 0 ? "," : "") + csv_cell(rows.display(r, c), rows.is_null(r, c));
    out += "\n";
  }
}

void write_json(const warehouse::Rows& rows, Output& out) {
  std::vector<std::string> names;
  for (std::size_t c = 0; c < rows.column_count(); ++c) names.push_back(json_text(rows.column_name(c)) + ":");
  out += "[";
  for (std::size_t r = 0; r < rows.row_count(); ++r) {
    out += r == 0 ? "{" : ",\n {";
    for (std::size_t c = 0; c < names.size(); ++c) out += (c > 0 ? "," : "") + names[c] + json_cell(rows, r, c);
    out += "}";
  }
  out += "]";
}

std::string grid(const TextTable& table) {
  auto clean = table;
  for (auto& column : clean.columns) column = printable(column);
  for (auto& row : clean.rows)
    for (auto& cell : row) cell = printable(cell);
  return plain_grid(clean);
}

}  // namespace

void render_rows(const warehouse::Rows& rows, Form form, const Sink& sink) {
  if (form == Form::table) return sink(grid(text_table(rows)));
  Output out(sink);
  if (form == Form::csv) return write_csv(rows, out);
  write_json(rows, out);
  out += "\n";
}

void print_rows(const warehouse::Rows& rows, Form form) {
  render_rows(rows, form, write);
}

std::string json_of(const warehouse::Rows& rows) {
  std::string text;
  const Sink sink = [&](std::string_view part) { text += part; };
  {
    Output out(sink);
    write_json(rows, out);
  }
  return text;
}

std::string table_of(const warehouse::Rows& rows) {
  return grid(text_table(rows));
}
std::string table_of(const TextTable& table) {
  return grid(table);
}

std::string json_of(const TextTable& table) {
  std::string out = "[";
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    out += r == 0 ? "{" : ",\n {";
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const auto& cell = table.rows[r][c];
      const bool bare = table.numbers[c] && is_json_number(cell);
      const bool absent = table.numbers[c] && cell.empty();
      out += (c > 0 ? "," : "") + json_text(table.columns[c]) + ":" + (absent ? "null" : bare ? cell : json_text(cell));
    }
    out += "}";
  }
  return out + "]";
}

void print_table(const TextTable& table, Form form) {
  if (form == Form::table) return write(grid(table));
  if (form == Form::json) return write(json_of(table) + "\n");
  std::string out;
  for (std::size_t c = 0; c < table.columns.size(); ++c) out += (c > 0 ? "," : "") + csv_cell(table.columns[c], false);
  out += "\n";
  for (const auto& row : table.rows) {
    for (std::size_t c = 0; c < row.size(); ++c) out += (c > 0 ? "," : "") + csv_cell(row[c], false);
    out += "\n";
  }
  write(out);
}

}  // namespace deskhouse::app
