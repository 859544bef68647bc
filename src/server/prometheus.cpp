#include "server/prometheus.h"

#include <fmt/format.h>

#include <cmath>

#include "base/json_text.h"

namespace deskhouse::server {

namespace {

// Of label values; of help the quote needs none, and does no harm.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : lossy_utf8(text)) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '"')
      out += "\\\"";
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::to_string(value);
}

}  // namespace

void Exposition::family(std::string_view name, Type type, std::string_view help) {
  name_ = name;
  head_ = fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type == Type::counter ? "counter" : "gauge");
}

void Exposition::sample(const Labels& labels, double value) {
  text_ += head_;
  head_.clear();
  text_ += name_;
  for (std::size_t i = 0; i < labels.size(); ++i)
    text_ += fmt::format("{}{}=\"{}\"", i == 0 ? "{" : ",", labels[i].first, escaped(labels[i].second));
  if (!labels.empty()) text_ += '}';
  text_ += ' ' + number(value) + '\n';
}

}  // namespace deskhouse::server
