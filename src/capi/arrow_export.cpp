#include "capi/arrow_export.h"

#include <fmt/format.h>

#include <utility>

namespace deskhouse::capi {

namespace {

// Each child owns what it points to, since a receiver may move children out and release their parent.
struct ArrayParts {
  std::vector<const void*> buffers;
  std::shared_ptr<const void> owner;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> places;
};

struct SchemaParts {
  std::string format, name;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> places;
};

template <class Parts, class Arrow>
void release(Arrow* arrow) {
  auto* parts = static_cast<Parts*>(arrow->private_data);
  for (auto* child : parts->places)
    if (child->release != nullptr) child->release(child);
  arrow->release = nullptr;
  delete parts;
}

void fill(ArrowArray& array, std::int64_t rows, std::int64_t null_count, std::unique_ptr<ArrayParts> parts) {
  for (auto& child : parts->children) parts->places.push_back(&child);
  array = {.length = rows,
           .null_count = null_count,
           .offset = 0,
           .n_buffers = static_cast<std::int64_t>(parts->buffers.size()),
           .n_children = static_cast<std::int64_t>(parts->places.size()),
           .buffers = parts->buffers.data(),
           .children = parts->places.data(),
           .dictionary = nullptr,
           .release = &release<ArrayParts, ArrowArray>,
           .private_data = parts.get()};
  (void)parts.release();
}

void fill(ArrowSchema& schema, bool nullable, std::unique_ptr<SchemaParts> parts) {
  for (auto& child : parts->children) parts->places.push_back(&child);
  schema = {.format = parts->format.c_str(),
            .name = parts->name.c_str(),
            .metadata = nullptr,
            .flags = nullable ? ARROW_FLAG_NULLABLE : 0,
            .n_children = static_cast<std::int64_t>(parts->places.size()),
            .children = parts->places.data(),
            .dictionary = nullptr,
            .release = &release<SchemaParts, ArrowSchema>,
            .private_data = parts.get()};
  (void)parts.release();
}

std::string format_of(schema::Storage storage, bool is_binary) {
  switch (storage) {
    case schema::Storage::text:
      return is_binary ? "z" : "u";
    case schema::Storage::boolean:
      return "b";
    case schema::Storage::int64:
    case schema::Storage::key:
      return "l";
    case schema::Storage::decimal:
      return fmt::format("d:18,{}", Decimal::kScale);
    case schema::Storage::timestamp:
      return "tsu:";
    case schema::Storage::date:
      return "tdD";
  }
  std::unreachable();
}

// Arrow's decimals have 128 bits, the low ones first.
std::shared_ptr<const std::vector<std::int64_t>> widened(const std::vector<std::int64_t>& units) {
  auto wide = std::make_shared<std::vector<std::int64_t>>();
  wide->reserve(units.size() * 2);
  for (const auto word : units) {
    wide->push_back(word);
    wide->push_back(word < 0 ? -1 : 0);
  }
  return wide;
}

}  // namespace

ExportColumn column_of(const schema::BatchColumn& column, const schema::ColumnData& data, bool is_binary,
                       const std::shared_ptr<const void>& owner) {
  ExportColumn out{.name = column.name,
                   .format = format_of(column.storage, is_binary),
                   .nullable = column.nullable,
                   .null_count = static_cast<std::int64_t>(data.null_count()),
                   .buffers = {},
                   .owner = owner};
  out.buffers.push_back(data.null_count() > 0 ? data.validity() : nullptr);
  switch (column.storage) {
    case schema::Storage::text:
      out.buffers.push_back(data.offsets().data());
      out.buffers.push_back(data.chars().data());
      break;
    case schema::Storage::boolean:
      out.buffers.push_back(data.bits().data());
      break;
    case schema::Storage::date:
      out.buffers.push_back(data.days().data());
      break;
    case schema::Storage::decimal: {
      auto wide = widened(data.words());
      out.buffers.push_back(wide->data());
      // Its validity is the batch's.
      using Both = std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>;
      out.owner = std::make_shared<Both>(std::move(wide), owner);
      break;
    }
    default:
      out.buffers.push_back(data.words().data());
  }
  return out;
}

ExportColumn column_of(std::string name, std::span<const std::int64_t> words, std::shared_ptr<const void> owner) {
  return {.name = std::move(name),
          .format = "l",
          .nullable = false,
          .null_count = 0,
          .buffers = {nullptr, words.data()},
          .owner = std::move(owner)};
}

ExportColumn column_of(std::string name, std::vector<std::int32_t> words) {
  auto kept = std::make_shared<const std::vector<std::int32_t>>(std::move(words));
  return {.name = std::move(name),
          .format = "i",
          .nullable = false,
          .null_count = 0,
          .buffers = {nullptr, kept->data()},
          .owner = kept};
}

void export_columns(std::vector<ExportColumn> columns, std::int64_t rows, ArrowArray& array, ArrowSchema& schema) {
  auto arrays = std::make_unique<ArrayParts>();
  auto schemas = std::make_unique<SchemaParts>();
  arrays->buffers.push_back(nullptr);
  schemas->format = "+s";
  arrays->children.resize(columns.size());
  schemas->children.resize(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    auto& column = columns[i];
    auto parts = std::make_unique<ArrayParts>();
    parts->buffers = std::move(column.buffers);
    parts->owner = std::move(column.owner);
    fill(arrays->children[i], rows, column.null_count, std::move(parts));
    auto described = std::make_unique<SchemaParts>();
    described->format = std::move(column.format);
    described->name = std::move(column.name);
    fill(schemas->children[i], column.nullable, std::move(described));
  }
  fill(array, rows, 0, std::move(arrays));
  fill(schema, false, std::move(schemas));
}

}  // namespace deskhouse::capi
