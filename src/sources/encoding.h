// Text of a declared encoding, as UTF-8 (iconv).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "sources/byte_stream.h"

namespace deskhouse::sources {

bool is_utf8(std::string_view encoding);

// The byte that stands before a byte that could not be decoded. It is never part of UTF-8, so that the record
// which holds it is found to be broken, and never lost.
inline constexpr char kUndecodable = '\xFF';

// Converts `bytes` to UTF-8. Fails for an encoding that iconv does not know.
Result<std::unique_ptr<ByteStream>> make_decoding_stream(std::unique_ptr<ByteStream> bytes, const std::string& encoding,
                                                         std::size_t block_bytes);

// What is wrong with `text`, ready for a Defect: a NUL byte, invalid UTF-8, or a byte that `encoding` does
// not have. Empty if nothing is.
std::string text_defect(std::string_view text, std::string_view encoding);

}  // namespace deskhouse::sources
