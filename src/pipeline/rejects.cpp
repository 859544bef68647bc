#include "pipeline/rejects.h"

#include <fmt/format.h>

#include "base/json_text.h"

namespace deskhouse::pipeline {

namespace {

std::string reasons_json(const std::vector<staging::Reason>& reasons) {
  std::string out = "[";
  for (const auto& r : reasons)
    out += fmt::format("{}{{\"field\":{},\"reason\":{},\"value\":{}}}", out.size() > 1 ? "," : "", json_text(r.field),
                       json_text(r.reason), json_text(r.value));
  return out + "]";
}

}  // namespace

Result<RejectWriter> RejectWriter::open(warehouse::Connection& connection, const config::EntityMapping& mapping,
                                        const sources::Reader& reader, std::int64_t run_id, Timestamp extracted_at) {
  DH_ASSIGN(auto writer, warehouse::RowWriter::open(connection, "staging", "quarantine"));
  return RejectWriter(std::move(writer), mapping, reader, run_id, extracted_at);
}

Status RejectWriter::write(const staging::Reject& reject) {
  ++written_;
  writer_.integer(run_id_)
      .text(mapping_->source)
      .text(mapping_->entity)
      .text(reject.file)
      .integer(reject.position)
      .integer(reject.record)
      .integer(reject.line);
  writer_.text(lossy_utf8(reject.id))
      .text(reader_->header(static_cast<std::int32_t>(reject.position >> staging::kPositionFileShift)))
      .blob(reject.raw)
      .text(reasons_json(reject.reasons));
  writer_.timestamp(extracted_at_).text("quarantined").null();
  return writer_.end_row();
}

Status RejectWriter::flush() {
  return writer_.flush();
}

Result<DiscardWriter> DiscardWriter::open(warehouse::Connection& connection, const config::EntityMapping& mapping,
                                          const sources::Reader& reader, std::int64_t run_id, Timestamp extracted_at) {
  DH_ASSIGN(auto writer, warehouse::RowWriter::open(connection, "staging", "discarded_values"));
  return DiscardWriter(std::move(writer), mapping, reader, run_id, extracted_at);
}

Status DiscardWriter::write(const staging::Discard& discard) {
  writer_.integer(run_id_)
      .text(mapping_->source)
      .text(mapping_->entity)
      .text(discard.file)
      .integer(discard.position)
      .text(discard.id)
      .text(discard.field)
      .text(discard.value)
      .text(discard.reason);
  writer_.text(reader_->header(static_cast<std::int32_t>(discard.position >> staging::kPositionFileShift)))
      .blob(discard.raw)
      .timestamp(extracted_at_);
  return writer_.end_row();
}

}  // namespace deskhouse::pipeline
