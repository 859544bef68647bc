#include "server/listing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/json_text.h"
#include "base/parse.h"
#include "server/json_rows.h"

namespace deskhouse::server {
namespace {

using Json = nlohmann::json;
using warehouse::Parameter;
using Kind = ParameterSpec::Kind;

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// RFC 4648's base64url without padding.
std::string encoded(std::string_view bytes) {
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const unsigned char c : bytes) {
    held = held << 8 | c;
    for (bits += 8; bits >= 6; bits -= 6) out += kLetters[held >> (bits - 6) & 63];
  }
  if (bits > 0) out += kLetters[held << (6 - bits) & 63];
  return out;
}

// Empty where it is not.
std::string decoded(std::string_view text) {
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    const auto digit = kLetters.find(c);
    if (digit == std::string_view::npos) return {};
    held = held << 6 | static_cast<std::uint32_t>(digit);
    if (bits += 6; bits >= 8) out += static_cast<char>(held >> (bits -= 8) & 255);
  }
  return out;
}

// The same whatever process made it, so that a cursor outlives a restart.
std::uint64_t fingerprint(std::string_view text) {
  return XXH3_64bits(text.data(), text.size());
}

Parameter value_of(Kind kind, const std::string& text) {
  if (kind == Kind::integer) return parse_integer(text).value;
  if (kind == Kind::boolean) return text == "true";
  if (kind != Kind::day) return text;
  std::string digits;  // 20260131, as date keys are
  for (const char c : text)
    if (c != '-') digits += c;
  return parse_integer(digits).value;
}

// "$3, $4", which are from now on the values.
std::string places_of(const std::vector<std::string>& values, Kind kind, std::vector<Parameter>& parameters) {
  std::vector<std::string> places;
  for (const auto& value : values) {
    parameters.push_back(value_of(kind, value));
    places.push_back(fmt::format("${}", parameters.size()));
  }
  return fmt::format("{}", fmt::join(places, ", "));
}

// The keys come after those of a row, in their order. The first condition alone lets what lies before be skipped.
std::string after(std::span<const ListKey> keys, std::span<const Parameter> values,
                  std::vector<Parameter>& parameters) {
  std::string condition;
  for (auto i = keys.size(); i-- > 0;) {
    parameters.push_back(values[i]);
    const auto place = keys[i].type == ListKey::Type::time
                           ? fmt::format("make_timestamp(${}::bigint)", parameters.size())
                           : fmt::format("${}", parameters.size());
    condition = condition.empty() ? fmt::format("{} < {}", keys[i].sql, place)
                                  : fmt::format("({0} <= {1} and ({0} < {1} or {2}))", keys[i].sql, place, condition);
  }
  return condition;
}

std::string shown(const std::vector<ListedColumn>& columns) {
  std::vector<std::string> parts;
  for (const auto& column : columns)
    parts.push_back(column.sql.empty() ? fmt::format("t.\"{0}\" as \"{0}\"", column.name)
                                       : fmt::format("{} as \"{}\"", column.sql, column.name));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string members_of(const std::vector<ListedColumn>& columns, const warehouse::Rows& rows, std::size_t row) {
  std::string out;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    out += fmt::format("{}{}:", c > 0 ? "," : "", json_text(columns[c].name));
    if (columns[c].type == ColumnType::json && !rows.is_null(row, c) && Json::accept(rows.text(row, c)))
      out += rows.text(row, c);
    else
      append_json(rows, row, c, out);
  }
  return out;
}

struct Statement {
  std::string sql;
  std::vector<Parameter> parameters;
};

Statement statement_of(const Listing& listing, const Arguments& arguments, const std::vector<Parameter>& last,
                       std::int64_t rows) {
  Statement statement;
  std::vector<std::string> conditions, order, keys;
  for (const auto& filter : listing.filters)
    if (const auto values = arguments.all(filter.parameter.name); !values.empty())
      conditions.push_back(
          fmt::format(fmt::runtime(filter.sql), places_of(values, filter.parameter.kind, statement.parameters)));
    else if (!filter.otherwise.empty())
      conditions.emplace_back(filter.otherwise);
  if (!last.empty()) conditions.push_back(after(listing.keys, last, statement.parameters));
  for (const auto& key : listing.keys) {
    order.push_back(fmt::format("{} desc", key.sql));
    keys.push_back(key.type == ListKey::Type::time ? fmt::format("epoch_us({})", key.sql) : std::string(key.sql));
  }
  // What is shown is joined to the rows of the page only.
  statement.sql = fmt::format(
      "with page as materialized (select t.* from {} t{} order by {} limit {}) select {}, {} from page t {} order by "
      "{}",
      listing.rows, conditions.empty() ? "" : fmt::format(" where {}", fmt::join(conditions, " and ")),
      fmt::join(order, ", "), rows, shown(listing.columns), fmt::join(keys, ", "), listing.joins,
      fmt::join(order, ", "));
  return statement;
}

}  // namespace

std::string Cursor::text(std::string_view request) const {
  Json keys = Json::array();
  for (const auto& value : after) {
    if (const auto* number = std::get_if<std::int64_t>(&value))
      keys.push_back(*number);
    else if (const auto* text = std::get_if<std::string>(&value))
      keys.push_back(*text);
  }
  return encoded(fmt::format("{:016x}{}", fingerprint(request), keys.dump()));
}

Result<Cursor> Cursor::read(std::string_view text, std::string_view request, std::span<const ListKey> keys) {
  const auto wrong = [] {
    return fail(Error::Kind::usage, "cursor: this is no `next` of such a request; leave it out to begin anew");
  };
  constexpr std::size_t kPrint = 16;
  const auto bytes = decoded(text);
  if (bytes.size() < kPrint || bytes.substr(0, kPrint) != fmt::format("{:016x}", fingerprint(request))) return wrong();
  const auto values = Json::parse(bytes.substr(kPrint), nullptr, false);
  if (!values.is_array() || values.size() != keys.size()) return wrong();
  Cursor cursor;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool is_text = keys[i].type == ListKey::Type::text;
    if (is_text ? !values[i].is_string() : !values[i].is_number_integer()) return wrong();
    if (is_text)
      cursor.after.emplace_back(values[i].get<std::string>());
    else
      cursor.after.emplace_back(values[i].get<std::int64_t>());
  }
  return cursor;
}

Result<std::string> page_of(const Listing& listing, const Arguments& arguments, std::string_view request,
                            warehouse::Connection& connection, const warehouse::SelectLimits& limits) {
  Cursor from;
  if (arguments.has("cursor")) {
    DH_ASSIGN(from, Cursor::read(arguments.one("cursor"), request, listing.keys));
  }
  const auto most = static_cast<std::size_t>(arguments.integer("limit", kPageRows));
  const auto statement = statement_of(listing, arguments, from.after, static_cast<std::int64_t>(most) + 1);
  DH_ASSIGN(const auto selected, connection.select(statement.sql, statement.parameters, limits));
  const auto& rows = selected.rows;
  std::string items;
  std::size_t taken = 0;
  for (; taken < rows.row_count() && taken < most && (taken == 0 || items.size() < kPageBytes); ++taken)
    items += fmt::format("{}{{{}}}", taken > 0 ? "," : "", members_of(listing.columns, rows, taken));
  std::string next = "null";
  if (taken < rows.row_count()) {
    Cursor to;
    for (std::size_t i = 0; i < listing.keys.size(); ++i) {
      const auto column = listing.columns.size() + i;
      if (listing.keys[i].type == ListKey::Type::text)
        to.after.emplace_back(lossy_utf8(rows.text(taken - 1, column)));
      else
        to.after.emplace_back(rows.integer(taken - 1, column));
    }
    next = json_text(to.text(request));
  }
  return fmt::format(R"({{"items":[{}],"next":{}}})", items, next);
}

Result<std::string> detail_of(const Detail& detail, const std::vector<std::string>& path,
                              warehouse::Connection& connection, const warehouse::SelectLimits& limits) {
  std::vector<Parameter> parameters;
  for (const auto& value : path) {
    const auto number = parse_integer(value);
    if (detail.is_by_number && !number.ok()) return std::string();
    parameters.push_back(detail.is_by_number ? Parameter(number.value) : Parameter(value));
  }
  std::string out;
  for (const auto& part : detail.parts) {
    DH_ASSIGN(const auto selected,
              connection.select(fmt::format("select {} from {}", shown(part.columns), part.from), parameters, limits));
    if (&part == &detail.parts.front()) {
      if (selected.rows.row_count() != 1) return std::string();
      out = members_of(part.columns, selected.rows, 0);
      continue;
    }
    std::string items;
    for (std::size_t r = 0; r < selected.rows.row_count(); ++r)
      items += fmt::format("{}{{{}}}", r > 0 ? "," : "", members_of(part.columns, selected.rows, r));
    out += fmt::format(",{}:[{}]", json_text(part.name), items);
  }
  return "{" + out + "}";
}

}  // namespace deskhouse::server
