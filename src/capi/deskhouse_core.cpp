// The border: C functions over Preparation, through which no exception passes.
#include "capi/deskhouse_core.h"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include "capi/preparation.h"

struct deskhouse_core {
  std::unique_ptr<deskhouse::capi::Preparation> preparation;
};

namespace {

using deskhouse::Status;

// For a caller that knows malloc and not us. Without memory for the message there is a message without memory.
char* text_of(const std::string& text) {
  auto* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy != nullptr) std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

template <class F>
char* guarded(F&& f) {
  try {
    const Status status = f();
    return status ? nullptr : text_of(status.error().message);
  } catch (const std::exception& e) {
    return text_of(std::string("deskhouse_core: ") + e.what());
  } catch (...) {
    return text_of("deskhouse_core: an unknown exception");
  }
}

}  // namespace

int32_t deskhouse_core_abi(void) {
  return DESKHOUSE_CORE_ABI;
}

void deskhouse_core_free(char* text) {
  std::free(text);
}

char* deskhouse_core_open(const deskhouse_core_request* request, deskhouse_core** core) {
  return guarded([&]() -> Status {
    DH_ASSIGN(auto preparation, deskhouse::capi::Preparation::open(*request));
    *core = new deskhouse_core{std::move(preparation)};
    return {};
  });
}

void deskhouse_core_close(deskhouse_core* core) {
  delete core;
}

char* deskhouse_core_open_files(deskhouse_core* core, int32_t part, int32_t parts) {
  return guarded([&] { return core->preparation->open_files(part, parts); });
}

char* deskhouse_core_add_events(deskhouse_core* core, const char* topic, int32_t partition, int32_t place,
                                ArrowArray* array, ArrowSchema* schema) {
  return guarded([&] { return core->preparation->add_events({topic, partition}, place, *array, *schema); });
}

char* deskhouse_core_next(deskhouse_core* core, int64_t* records) {
  return guarded([&]() -> Status {
    DH_ASSIGN(*records, core->preparation->next());
    return {};
  });
}

char* deskhouse_core_take(deskhouse_core* core, const char* table, ArrowArray* array, ArrowSchema* schema) {
  return guarded([&] { return core->preparation->take(table, *array, *schema); });
}

char* deskhouse_core_summary(const deskhouse_core* core, char** json) {
  return guarded([&]() -> Status {
    *json = text_of(core->preparation->summary());
    return {};
  });
}
