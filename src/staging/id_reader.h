// The ids of records, without the rest of them: what a sweep asks a source for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "staging/field_reader.h"

namespace deskhouse::staging {

// Not thread-safe; movable. The id is the one that the entity's Stager makes of the same raw values.
class IdReader {
 public:
  // Fails as make_stager does. REQUIRES an entity whose records have an id of their own (not ticket_events).
  static Result<IdReader> make(const config::EntityMapping& mapping);
  // Raw columns that the id is made of, in the order in which key() wants their values.
  const std::vector<std::string>& raw_columns() const { return columns_; }
  // The record's natural key; none where it has no id: such a record is never loaded.
  std::optional<std::int64_t> key(FieldReader::Raw raw);

 private:
  IdReader(std::string source, std::vector<std::string> columns, FieldPlan plan);
  std::string source_;
  std::vector<std::string> columns_;
  std::unique_ptr<FieldCounts> counts_;  // of no interest, but the reader wants to count; it stays where it is
  FieldReader reader_;
};

}  // namespace deskhouse::staging
