// Messages of a partition out of an Arrow record batch that somebody else made.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result.h"
#include "capi/deskhouse_core.h"

namespace deskhouse::capi {

// Releases both at its end.
class ArrowInput {
 public:
  ArrowInput(ArrowArray& array, ArrowSchema& schema) : array_(array), schema_(schema) {}
  ~ArrowInput();
  ArrowInput(const ArrowInput&) = delete;

  // Calls f(offset, value) for each row of "offset" (int64) and "value" (binary; NULL: empty). An error, before the
  // first call, if the batch is none of these.
  Status each_message(const std::function<void(std::int64_t, std::string_view)>& f) const;

 private:
  const ArrowArray* child(std::string_view name, std::string_view& format) const;
  ArrowArray& array_;
  ArrowSchema& schema_;
};

}  // namespace deskhouse::capi
