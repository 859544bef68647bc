// JSON texts: checking them and building them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace deskhouse::staging {

// Keeps its memory between texts. Not thread-safe.
class JsonChecker {
 public:
  JsonChecker();
  ~JsonChecker();
  JsonChecker(JsonChecker&&) noexcept;
  JsonChecker& operator=(JsonChecker&&) noexcept;
  // Empty if `text` is one valid JSON document, else what is wrong with it.
  std::string_view fault(std::string_view text);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

// Appends a JSON string with its quotes. REQUIRES valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

}  // namespace deskhouse::staging
