// Writes rejected records to staging.quarantine, on the run's raw connection: committed right before the run is published.
#pragma once

#include <string>

#include "config/config.h"
#include "staging/stager.h"
#include "warehouse/row_writer.h"

namespace deskhouse::pipeline {

class RejectWriter {
 public:
  // `header`: what must stand before a raw record so that the source can read it again (quarantine replay).
  static Result<RejectWriter> open(warehouse::Connection& connection, const config::EntityMapping& mapping, std::string header, std::int64_t run_id, Timestamp extracted_at);
  Status write(const staging::Reject& reject);
  Status flush();
  std::int64_t written() const { return written_; }

 private:
  RejectWriter(warehouse::RowWriter writer, const config::EntityMapping& mapping, std::string header, std::int64_t run_id, Timestamp extracted_at)
      : writer_(std::move(writer)), mapping_(&mapping), header_(std::move(header)), run_id_(run_id), extracted_at_(extracted_at) {}
  warehouse::RowWriter writer_;
  const config::EntityMapping* mapping_;
  std::string header_;
  std::int64_t run_id_;
  Timestamp extracted_at_;
  std::int64_t written_ = 0;
};

}  // namespace deskhouse::pipeline
