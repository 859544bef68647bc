// Writes rejected records to staging.quarantine (and values that became NULL beside them), on the run's raw connection: committed right before the run is
// published.
#pragma once

#include <string>

#include "config/config.h"
#include "sources/source.h"
#include "staging/stager.h"
#include "warehouse/row_writer.h"

namespace deskhouse::pipeline {

class RejectWriter {
 public:
  // `reader` outlives the writer: it gives the header under which a raw record can be read again (quarantine replay).
  static Result<RejectWriter> open(warehouse::Connection& connection, const config::EntityMapping& mapping,
                                   const sources::Reader& reader, std::int64_t run_id, Timestamp extracted_at);
  Status write(const staging::Reject& reject);
  Status flush();
  std::int64_t written() const { return written_; }

 private:
  RejectWriter(warehouse::RowWriter writer, const config::EntityMapping& mapping, const sources::Reader& reader,
               std::int64_t run_id, Timestamp extracted_at)
      : writer_(std::move(writer)),
        mapping_(&mapping),
        reader_(&reader),
        run_id_(run_id),
        extracted_at_(extracted_at) {}
  warehouse::RowWriter writer_;
  const config::EntityMapping* mapping_;
  const sources::Reader* reader_;
  std::int64_t run_id_;
  Timestamp extracted_at_;
  std::int64_t written_ = 0;
};

// The same for values that became NULL, to staging.discarded_values.
class DiscardWriter {
 public:
  static Result<DiscardWriter> open(warehouse::Connection& connection, const config::EntityMapping& mapping,
                                    const sources::Reader& reader, std::int64_t run_id, Timestamp extracted_at);
  Status write(const staging::Discard& discard);
  Status flush() { return writer_.flush(); }

 private:
  DiscardWriter(warehouse::RowWriter writer, const config::EntityMapping& mapping, const sources::Reader& reader,
                std::int64_t run_id, Timestamp extracted_at)
      : writer_(std::move(writer)),
        mapping_(&mapping),
        reader_(&reader),
        run_id_(run_id),
        extracted_at_(extracted_at) {}
  warehouse::RowWriter writer_;
  const config::EntityMapping* mapping_;
  const sources::Reader* reader_;
  std::int64_t run_id_;
  Timestamp extracted_at_;
};

}  // namespace deskhouse::pipeline
