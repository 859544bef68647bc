// The one table of everything that deskhouse.toml may say. Checking (check.h) and docs/config.md derive from
// it.
#pragma once

#include <span>
#include <string_view>

namespace deskhouse::config {

// What a key's value may be. How each is written is in describe().
enum class ValueType {
  text,
  text_list,
  text_map,  // { "raw" = "canonical" }
  scalar,    // text, number or boolean, kept as text
  integer,
  boolean,
  amount,    // exact, four decimals
  duration,  // "90s" "5m" "12h" "1d"
  zone,      // IANA name or fixed offset
  hours,     // list of "09:00-18:00"
  holidays,  // list of "2024-05-05" or "--12-25"
  field,     // a raw column, or a table of the keys below it
};

// Path segments in capitals stand for a name: NAME (free), ENTITY, FIELD (of that entity), PRIORITY, WEEKDAY.
// "policies[]" is a list of tables.
struct Key {
  std::string_view path;
  ValueType type;
  std::string_view fallback;  // what holds without the key, as text for the reference page
  std::string_view doc;       // one line
};

std::span<const Key> keys();
std::string_view describe(ValueType type);  // "a duration such as \"90s\", ..."

}  // namespace deskhouse::config
