#include "staging/text.h"

#include <algorithm>
#include <utility>

namespace deskhouse::staging {
namespace {

constexpr std::string_view kNoBreakSpace = "\xC2\xA0";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool before(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace

std::string_view trim(std::string_view text) {
  for (;;) {
    if (!text.empty() && is_blank(text.front()))
      text.remove_prefix(1);
    else if (text.starts_with(kNoBreakSpace))
      text.remove_prefix(kNoBreakSpace.size());
    else
      break;
  }
  for (;;) {
    if (!text.empty() && is_blank(text.back()))
      text.remove_suffix(1);
    else if (text.ends_with(kNoBreakSpace))
      text.remove_suffix(kNoBreakSpace.size());
    else
      break;
  }
  return text;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

void WordSet::add(std::string word) {
  lengths_ |= std::uint64_t{1} << (word.size() & 63);
  words_.push_back(std::move(word));
}

bool WordSet::find(std::string_view text) const {
  return std::find(words_.begin(), words_.end(), text) != words_.end();
}

void ValueMap::add(std::string raw, std::string canonical) {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), raw,
                                   [](const Entry& e, const std::string& r) { return before(e.raw, r); });
  if (at != entries_.end() && at->raw == raw)
    at->canonical = std::move(canonical);
  else
    entries_.insert(at, Entry{std::move(raw), std::move(canonical)});
}

const std::string* ValueMap::find(std::string_view raw) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), raw,
                                   [](const Entry& e, std::string_view r) { return before(e.raw, r); });
  return at != entries_.end() && at->raw == raw ? &at->canonical : nullptr;
}

}  // namespace deskhouse::staging
