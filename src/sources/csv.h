// CSV: a header line, then records. What a field or record is: csv_tokenizer.h.
//
//   * An unquoted empty field is NULL; "" is empty text. A line with nothing on it is no record; a line of
//     delimiters is a record of NULLs.
//   * Too many or too few fields, an open quote at the end, text behind a closing quote, NUL bytes, text that
//   is
//     not of the declared encoding, and a record over max_record_bytes are Defects of that record; the next
//     record is read as if nothing had happened.
//   * A record of several lines with broken quotes ends before the first line in it at which a whole record begins: a
//     half-written record does not take those behind it along.
//   * Names in the header are compared as they are; they must differ, but for empty ones, which cannot be
//   mapped.
#pragma once

#include <memory>

#include "base/result.h"
#include "sources/file_reader.h"

namespace deskhouse::sources {

// Opens the file and reads its header. Fails for a file without one, for a name that occurs twice, and for a
// wanted column that is not in it.
Result<std::unique_ptr<FileReader>> open_csv(const InputFile& file, const ReadRequest& request);

}  // namespace deskhouse::sources
