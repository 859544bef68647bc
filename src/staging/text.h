// What happens to every text before its type matters: trimming, null words, value maps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace deskhouse::staging {

inline bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Whether trim() may have to do with a text that begins or ends like this; most do not.
inline bool is_outer(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '\xC2' || c == '\xA0';
}

// Without ASCII white space and no-break spaces (U+00A0) at both ends. A view into `text`, never of null
// data.
std::string_view trim(std::string_view text);

bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII letters only
// First `bytes` of UTF-8 text, not cut within a character.
std::string_view cut(std::string_view text, std::size_t bytes);

// A few words, most often none: lengths are looked at first.
class WordSet {
 public:
  void add(std::string word);
  bool contains(std::string_view text) const { return (lengths_ >> (text.size() & 63) & 1) != 0 && find(text); }

 private:
  bool find(std::string_view text) const;
  std::uint64_t lengths_ = 0;  // bit n: there is a word of n (mod 64) bytes
  std::vector<std::string> words_;
};

// Raw value -> canonical value.
class ValueMap {
 public:
  // The last one added for a raw value wins.
  void add(std::string raw, std::string canonical);
  bool empty() const { return entries_.empty(); }
  const std::string* find(std::string_view raw) const;  // O(log n); nullptr if absent

 private:
  struct Entry {
    std::string raw, canonical;
  };
  std::vector<Entry> entries_;  // by size, then bytes
};

}  // namespace deskhouse::staging
