// A report of several parts: headings and tables for people, one JSON object for programs. Commands collect what they
// found and print it once, so that an error half-way prints nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/output.h"

namespace deskhouse::app {

class Sections {
 public:
  // `key` names the part in JSON; `title` stands above the table for people. A part
  // without rows prints `none` instead of title and table; with an empty `none` people do not see it at all.
  void rows(std::string_view key, std::string_view title, const warehouse::Rows& rows, std::string_view none = "");
  void table(std::string_view key, std::string_view title, const TextTable& table, std::string_view none = "");
  // A value of the JSON object only; `json` is JSON.
  void value(std::string_view key, std::string json);
  // A paragraph for people only.
  void note(std::string_view text);
  void print(bool as_json) const;

 private:
  void part(std::string_view key, std::string_view title, std::string table, bool empty, std::string json,
            std::string_view none);
  std::string text_;
  std::vector<std::string> members_;
};

}  // namespace deskhouse::app
