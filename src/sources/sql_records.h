// What sources that read a database server share between a row and a raw record: which columns are read, and how a row
// of them becomes a record.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "sources/csv_record.h"
#include "sources/source.h"

namespace deskhouse::sources {

// The columns of a table or query that are read, and where each of those asked for is among them.
struct SqlSelection {
  std::vector<std::string> columns;   // as asked for
  std::vector<std::string> select;    // those of them that the relation has, each once
  std::vector<std::size_t> from;      // of each of `select`, its place among the relation's columns
  std::vector<int> place;             // of each of `columns` in `select`; -1: absent, and may be
  std::vector<std::string> unmapped;  // columns of the relation that nobody asked for
  std::string header;                 // the names of `select` as a CSV record
};

// `has` are the relation's columns, `shown` names it for people. Fails for a column that is absent and must not be.
Result<SqlSelection> select_columns(const config::EntityMapping& entity, const std::vector<std::string>& columns,
                                    const std::string& shown, const std::vector<std::string>& has);

// Appends rows to batches. One thread at a time.
class SqlRecords {
 public:
  // `selection` outlives it. A longer record than `max_bytes` is cut and has a defect.
  SqlRecords(const SqlSelection& selection, std::int64_t max_bytes)
      : selection_(selection), limit_(static_cast<std::size_t>(max_bytes)) {}

  // The row that is being written: clear(), then one field for each of SqlSelection::select, then append().
  CsvRecordWriter& row() { return row_; }
  // `defect`: what is wrong with the row, if its reason is not empty. `checks_text`: whether the row's text may be
  // something else than UTF-8, so that it is looked at.
  void append(RawBatch& batch, TextArena& arena, bool checks_text, Defect defect = {});

 private:
  const SqlSelection& selection_;
  const std::size_t limit_;
  CsvRecordWriter row_;
  std::int64_t position_ = 0;
};

}  // namespace deskhouse::sources
