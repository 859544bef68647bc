#include "staging/json.h"

#include <simdjson.h>

namespace deskhouse::staging {

struct JsonChecker::Parser {
  simdjson::dom::parser dom;
};

JsonChecker::JsonChecker() = default;
JsonChecker::~JsonChecker() = default;
JsonChecker::JsonChecker(JsonChecker&&) noexcept = default;
JsonChecker& JsonChecker::operator=(JsonChecker&&) noexcept = default;

std::string_view JsonChecker::fault(std::string_view text) {
  if (!parser_) parser_ = std::make_unique<Parser>();
  const auto error = parser_->dom.parse(text.data(), text.size()).error();
  return error == simdjson::SUCCESS ? std::string_view() : simdjson::error_message(error);
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) {
          out += c;
        } else {
          out += "\\u00";
          out += kHex[c >> 4];
          out += kHex[c & 15];
        }
    }
  }
  out += '"';
}

}  // namespace deskhouse::staging
