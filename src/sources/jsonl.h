// JSON Lines: one JSON object a line. Columns are paths (json_paths.h).
//
//   * Text is unescaped; numbers, true and false are their source text; null and an absent key are NULL; an
//   object or
//     array is its source text. Of a key that occurs twice in an object, the last counts.
//   * A line that is not one whole valid JSON object (also in parts that nobody asked for) is a record with a
//   Defect;
//     lines of white space are no records.
//   * The keys of a record are known only when it is read, so report() is complete at the end.
#pragma once

#include <memory>

#include "base/result.h"
#include "sources/file_reader.h"

namespace deskhouse::sources {

Result<std::unique_ptr<FileReader>> open_jsonl(const InputFile& file, const ReadRequest& request);

}  // namespace deskhouse::sources
