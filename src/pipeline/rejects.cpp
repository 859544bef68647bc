#include "pipeline/rejects.h"

#include "base/json_text.h"

namespace deskhouse::pipeline {

Result<RejectWriter> RejectWriter::open(warehouse::Connection& connection, const config::EntityMapping& mapping,
                                        const sources::Reader& reader, std::int64_t run_id, Timestamp extracted_at,
                                        OpenRows open_rows) {
  DH_ASSIGN(auto rejects, open_rows(connection, "staging", "quarantine"));
  DH_ASSIGN(auto discards, open_rows(connection, "staging", "discarded_values"));
  return RejectWriter(std::move(rejects), std::move(discards), mapping, reader, run_id, extracted_at);
}

Status RejectWriter::settle(warehouse::Connection& connection) {
  DH_TRY(warehouse::RowWriter::settle(connection, "staging", "quarantine"));
  return warehouse::RowWriter::settle(connection, "staging", "discarded_values");
}

std::string RejectWriter::header_of(std::int64_t position) const {
  return reader_->header(static_cast<std::int32_t>(position >> staging::kPositionFileShift));
}

Status RejectWriter::write(const staging::Reject& reject) {
  ++written_;
  rejects_.integer(run_id_)
      .text(mapping_->source)
      .text(mapping_->entity)
      .text(reject.file)
      .integer(reject.position)
      .integer(reject.record)
      .integer(reject.line);
  rejects_.text(lossy_utf8(reject.id))
      .text(header_of(reject.position))
      .blob(reject.raw)
      .text(staging::reasons_json(reject.reasons));
  rejects_.timestamp(extracted_at_).text("quarantined").null();
  return rejects_.end_row();
}

Status RejectWriter::write(const staging::Discard& discard) {
  discards_.integer(run_id_).text(mapping_->source).text(mapping_->entity).text(discard.file);
  discards_.integer(discard.position).text(discard.id).text(discard.field).text(discard.value).text(discard.reason);
  discards_.text(header_of(discard.position)).blob(discard.raw).timestamp(extracted_at_);
  return discards_.end_row();
}

Status RejectWriter::flush() {
  DH_TRY(rejects_.flush());
  return discards_.flush();
}

}  // namespace deskhouse::pipeline
