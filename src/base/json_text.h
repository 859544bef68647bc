// Writing JSON by hand where a whole library is not needed. Pure.
#pragma once

#include <string>
#include <string_view>

namespace deskhouse {

// Invalid UTF-8 sequences replaced by U+FFFD; valid text is returned as it is.
std::string lossy_utf8(std::string_view text);

// "text" with quotes and escapes; always valid JSON and valid UTF-8.
std::string json_text(std::string_view text);

}  // namespace deskhouse
