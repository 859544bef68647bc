// Appends rows to a table value by value: for meta tables, quarantine and raw blocks, never for entity rows (loader.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "warehouse/database.h"

namespace deskhouse::warehouse {

class RowWriter {
 public:
  // Columns in the table's order; REQUIRES as many values as columns before end_row().
  static Result<RowWriter> open(Connection& connection, std::string_view schema, std::string_view table);
  // The same where another connection of this process commits meanwhile. A lake takes one commit at a time, and the one
  // that began earlier fails: there the rows wait in a table of the connection's own until settle().
  static Result<RowWriter> open_beside(Connection& connection, std::string_view schema, std::string_view table);
  static Status settle(Connection& connection, std::string_view schema, std::string_view table);
  RowWriter(RowWriter&&) noexcept;
  ~RowWriter();

  RowWriter& text(std::string_view value);
  RowWriter& maybe_text(const std::optional<std::string>& value);
  RowWriter& blob(std::string_view bytes);
  RowWriter& integer(std::int64_t value);
  RowWriter& maybe_integer(std::optional<std::int64_t> value);
  RowWriter& real(double value);
  RowWriter& boolean(bool value);
  RowWriter& timestamp(Timestamp value);
  RowWriter& maybe_timestamp(std::optional<Timestamp> value);
  RowWriter& null();
  Status end_row();
  // Writes what is buffered and reports what went wrong; the destructor only tries.
  Status flush();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  RowWriter();
};

}  // namespace deskhouse::warehouse
