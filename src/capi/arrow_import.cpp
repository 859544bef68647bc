#include "capi/arrow_import.h"

#include <fmt/format.h>

namespace deskhouse::capi {

namespace {

bool is_valid(const ArrowArray& array, std::int64_t row) {
  const auto* bits = static_cast<const std::uint8_t*>(array.buffers[0]);
  return bits == nullptr || (bits[row / 8] >> (row % 8) & 1) != 0;
}

// Offsets into the bytes have 32 bits ("z"), or 64 of large ones ("Z").
template <class Offset>
std::string_view bytes_at(const ArrowArray& array, std::int64_t row) {
  const auto* ends = static_cast<const Offset*>(array.buffers[1]);
  return {static_cast<const char*>(array.buffers[2]) + ends[row], static_cast<std::size_t>(ends[row + 1] - ends[row])};
}

}  // namespace

ArrowInput::~ArrowInput() {
  if (array_.release != nullptr) array_.release(&array_);
  if (schema_.release != nullptr) schema_.release(&schema_);
}

const ArrowArray* ArrowInput::child(std::string_view name, std::string_view& format) const {
  for (std::int64_t i = 0; i < schema_.n_children; ++i) {
    if (schema_.children[i]->name != name) continue;
    format = schema_.children[i]->format;
    return array_.children[i];
  }
  return nullptr;
}

Status ArrowInput::each_message(const std::function<void(std::int64_t, std::string_view)>& f) const {
  if (array_.release == nullptr || schema_.release == nullptr)
    return fail(Error::Kind::usage, "the record batch was released before");
  if (std::string_view(schema_.format) != "+s" || schema_.n_children != array_.n_children)
    return fail(Error::Kind::usage, fmt::format("a record batch was expected, not '{}'", schema_.format));
  std::string_view offset_format, value_format;
  const auto* offsets = child("offset", offset_format);
  const auto* values = child("value", value_format);
  if (offsets == nullptr || offset_format != "l" || offsets->null_count != 0)
    return fail(Error::Kind::usage, "the record batch has no column \"offset\" of int64 without nulls");
  if (values == nullptr || (value_format != "z" && value_format != "Z"))
    return fail(Error::Kind::usage, "the record batch has no column \"value\" of binary");
  const bool is_large = value_format == "Z";
  for (std::int64_t row = 0; row < array_.length; ++row) {
    const auto offset = static_cast<const std::int64_t*>(offsets->buffers[1])[array_.offset + offsets->offset + row];
    const auto at = array_.offset + values->offset + row;
    std::string_view value;
    if (is_valid(*values, at))
      value = is_large ? bytes_at<std::int64_t>(*values, at) : bytes_at<std::int32_t>(*values, at);
    f(offset, value);
  }
  return {};
}

}  // namespace deskhouse::capi
