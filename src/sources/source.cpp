#include "sources/source.h"

namespace deskhouse::sources {

void RawBatch::clear() {
  file.clear();
  file_index = 0;
  records.clear();
  fields.clear();
  defects.clear();
  buffers.clear();
  bytes = 0;
}

}  // namespace deskhouse::sources
