#include "sources/sql_records.h"

#include <algorithm>
#include <utility>

#include "sources/encoding.h"
#include "sources/file_reader.h"
#include "sources/text_window.h"

namespace deskhouse::sources {

Result<SqlSelection> select_columns(const config::EntityMapping& entity, const std::vector<std::string>& columns,
                                    const std::string& shown, const std::vector<std::string>& has) {
  SqlSelection selection;
  selection.columns = columns;
  const ReadRequest request{.entity = &entity, .columns = &columns};
  DH_ASSIGN(const auto places, locate_columns(request, shown, has));
  for (const int place : places) {
    if (place < 0) {
      selection.place.push_back(-1);
      continue;
    }
    const auto& name = has[static_cast<std::size_t>(place)];
    const auto at = std::ranges::find(selection.select, name) - selection.select.begin();
    if (at == std::ssize(selection.select)) {
      selection.select.push_back(name);
      selection.from.push_back(static_cast<std::size_t>(place));
    }
    selection.place.push_back(static_cast<int>(at));
  }
  for (const auto& name : has)
    if (std::ranges::find(columns, name) == columns.end()) selection.unmapped.push_back(name);
  CsvRecordWriter names;
  for (const auto& name : selection.select) names.add_text(name);
  selection.header = names.line();
  return selection;
}

void SqlRecords::append(RawBatch& batch, TextArena& arena, bool checks_text, Defect defect) {
  DH_ASSERT(row_.fields() == selection_.select.size(), "a row has a field for each column that is read");
  auto& record = batch.records.emplace_back();
  record.position = record.line = ++position_;
  record.first_field = static_cast<std::uint32_t>(batch.fields.size());
  const auto line = row_.line();
  if (line.size() > limit_) {
    record.raw = arena.keep(cut_record(line, limit_));
    defect = {"", oversized_reason(limit_, record.raw.size())};
    batch.fields.resize(batch.fields.size() + selection_.columns.size());
  } else {
    record.raw = arena.keep(line);
    if (checks_text && defect.reason.empty()) defect.reason = text_defect(line, "utf-8");
    for (const int at : selection_.place)
      batch.fields.push_back(at < 0 ? RawField() : row_.field(static_cast<std::size_t>(at), record.raw, arena));
  }
  batch.bytes += record.raw.size();
  if (defect.reason.empty()) return;
  record.defect = static_cast<std::int32_t>(batch.defects.size());
  batch.defects.push_back(std::move(defect));
}

}  // namespace deskhouse::sources
