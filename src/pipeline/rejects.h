// Writes rejected records to staging.quarantine, and values that became NULL to staging.discarded_values, on the run's
// raw connection: committed right before the run is published.
#pragma once

#include <string>

#include "config/config.h"
#include "sources/source.h"
#include "staging/stager.h"
#include "warehouse/row_writer.h"

namespace deskhouse::pipeline {

class RejectWriter {
 public:
  using OpenRows = Result<warehouse::RowWriter> (*)(warehouse::Connection&, std::string_view, std::string_view);
  // `reader` outlives the writer: it gives the header under which a raw record can be read again (quarantine replay).
  // `open_rows`: RowWriter::open, or RowWriter::open_beside, which wants settle() at the end.
  static Result<RejectWriter> open(warehouse::Connection& connection, const config::EntityMapping& mapping,
                                   const sources::Reader& reader, std::int64_t run_id, Timestamp extracted_at,
                                   OpenRows open_rows = &warehouse::RowWriter::open);
  static Status settle(warehouse::Connection& connection);
  Status write(const staging::Reject& reject);
  Status write(const staging::Discard& discard);
  Status flush();
  std::int64_t written() const { return written_; }  // rejects

 private:
  RejectWriter(warehouse::RowWriter rejects, warehouse::RowWriter discards, const config::EntityMapping& mapping,
               const sources::Reader& reader, std::int64_t run_id, Timestamp extracted_at)
      : rejects_(std::move(rejects)),
        discards_(std::move(discards)),
        mapping_(&mapping),
        reader_(&reader),
        run_id_(run_id),
        extracted_at_(extracted_at) {}
  std::string header_of(std::int64_t position) const;
  warehouse::RowWriter rejects_, discards_;
  const config::EntityMapping* mapping_;
  const sources::Reader* reader_;
  std::int64_t run_id_;
  Timestamp extracted_at_;
  std::int64_t written_ = 0;
};

}  // namespace deskhouse::pipeline
