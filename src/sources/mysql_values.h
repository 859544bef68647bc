// The texts that a MySQL or MariaDB server writes for its values, as the text that the same value has everywhere in
// Deskhouse. Pure.
#pragma once

#include <string>
#include <string_view>

namespace deskhouse::sources {

// How the text of a column is read.
enum class MysqlForm {
  plain,      // numbers, times of day, years: nothing in them needs quotes
  text,       // character data, enum, set, JSON: UTF-8, as the connection asks for
  bytes,      // binary data: UTF-8 or refused
  timestamp,  // an instant; the session's zone is UTC, and Z is written behind it
  datetime,   // a local time: no offset is written
  date,
  single,   // FLOAT: the server would write 6 digits, so it is asked for a double
  bit,      // asked for as a number
  refused,  // geometry: has no text
};

// Of a type as information_schema names it (data_type): "varchar", "bigint", "timestamp", ...
MysqlForm mysql_form(std::string_view data_type);

// The text of a column for a SELECT. `name` is quoted.
std::string mysql_expression(MysqlForm form, const std::string& name);

// Appends the value's text: date-times in ISO 8601, a fraction without its last zeros; a date with a zero year, month
// or day as the server writes it, with a blank and no zone, so that null_words can name it. REQUIRES a form that is
// neither text nor bytes.
void append_mysql_text(MysqlForm form, std::string_view value, std::string& out);

// `name` in backquotes, doubled inside.
std::string mysql_quoted(std::string_view name);

}  // namespace deskhouse::sources
