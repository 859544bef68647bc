// The text that Prometheus reads (exposition format 0.0.4). Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace deskhouse::server {

class Exposition {
 public:
  enum class Type { counter, gauge };
  using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

  // Samples that follow are of this family. Once a name; counters end in _total.
  void family(std::string_view name, Type type, std::string_view help);
  void sample(const Labels& labels, double value);
  // A family of one sample.
  void one(std::string_view name, Type type, std::string_view help, double value) {
    family(name, type, help);
    sample({}, value);
  }
  const std::string& text() const { return text_; }

 private:
  std::string name_, head_;  // head_: until there is a sample
  std::string text_;
};

}  // namespace deskhouse::server
