// The one description of a row type. A struct and its Table stand side by side (entities.h); member pointers
// carry type and nullability, so the compiler checks that they agree. DDL, decoding, validation, Arrow export
// and docs/tables.md derive from it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "base/values.h"

namespace deskhouse::schema {

enum class Type { text, boolean, integer, decimal, timestamp, date, json };

// What else is true of a column, beyond its type.
struct Traits {
  bool required = false;                        // NULL or absent sends the record to quarantine
  std::span<const std::string_view> allowed{};  // canonical values; empty: anything of the type
  std::string_view fallback{};                  // a NULL becomes this (counted as a default)
  std::string_view references{};                // entity whose id this is; adds a surrogate key column
  bool lower_case = false;                      // e-mail
  bool tracked = false;                         // a change of it makes a new version (type 2, ticket history)
};

template <class Row, class Value>
struct Column {
  std::string_view name;
  Value Row::*member;
  std::string_view doc;  // one line for docs/tables.md, with unit
  Traits traits{};
};

template <class Row, class... Values>
struct Table {
  std::string_view name;  // operational.<name>, and the entity's name in deskhouse.toml
  std::string_view doc;
  std::tuple<Column<Row, Values>...> columns;
  static constexpr std::size_t kColumns = sizeof...(Values);
};

template <class Row, class... Values>
constexpr auto table(std::string_view name, std::string_view doc, Column<Row, Values>... columns) {
  return Table<Row, Values...>{name, doc, {columns...}};
}

// Calls f(column, index) for each column in order; unrolled at compile time.
template <class Row, class... Values, class F>
constexpr void for_each_column(const Table<Row, Values...>& table, F&& f) {
  std::size_t index = 0;
  std::apply([&](const auto&... column) { (f(column, index++), ...); }, table.columns);
}

template <class T>
struct type_of;
template <>
struct type_of<std::string_view> {
  static constexpr Type value = Type::text;
};
template <>
struct type_of<bool> {
  static constexpr Type value = Type::boolean;
};
template <>
struct type_of<std::int64_t> {
  static constexpr Type value = Type::integer;
};
template <>
struct type_of<Decimal> {
  static constexpr Type value = Type::decimal;
};
template <>
struct type_of<Timestamp> {
  static constexpr Type value = Type::timestamp;
};
template <>
struct type_of<Date> {
  static constexpr Type value = Type::date;
};
template <>
struct type_of<Json> {
  static constexpr Type value = Type::json;
};
template <class T>
struct type_of<std::optional<T>> : type_of<T> {};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

// The same description at run time, for code that does not know the row type.
struct ColumnInfo {
  std::string_view name;
  Type type;
  bool nullable;
  std::string_view doc;
  Traits traits;
};
struct TableInfo {
  std::string_view name;
  std::string_view doc;
  std::vector<ColumnInfo> columns;
  // Index of a column, or npos.
  std::size_t find(std::string_view column) const;
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
};

template <class Row, class... Values>
TableInfo describe(const Table<Row, Values...>& t) {
  TableInfo info{t.name, t.doc, {}};
  for_each_column(t, [&]<class V>(const Column<Row, V>& c, std::size_t) {
    info.columns.push_back({c.name, type_of<V>::value, is_optional<V>, c.doc, c.traits});
  });
  return info;
}

}  // namespace deskhouse::schema
