// A Database over a lake: the lake itself, its snapshots, and copies of its catalogue.
#include <fmt/format.h>

#include <filesystem>

#include "warehouse/database_impl.h"

namespace deskhouse::warehouse {

Status Database::attach(const config::Location& location, bool read_only) {
  if (!read_only) {
    DH_ASSIGN(impl_->lock, lock_lake(location));
  }
  DH_ASSIGN(auto connection, connect_bare());
  if (const auto status = connection.execute(attach_sql(location, kLakeName, read_only)); !status)
    return std::unexpected(lake_error(location, status.error().message));
  impl_->is_lake = true;
  impl_->lake = location;
  return {};
}

Result<Connection> Database::connect_to(std::int64_t snapshot) {
  DH_ASSERT(impl_->lake.has_value(), "a lake has snapshots");
  constexpr std::size_t kMostAttached = 8;
  const auto name_of = [](std::int64_t id) { return fmt::format("{}_at_{}", kLakeName, id); };
  DH_ASSIGN(auto connection, connect_bare());
  const std::lock_guard lock(impl_->snapshots_mutex);
  auto& attached = impl_->snapshots;
  auto pin = attached.contains(snapshot) ? attached[snapshot].lock() : nullptr;
  if (!attached.contains(snapshot)) {
    if (attached.size() >= kMostAttached)
      std::erase_if(attached, [&](const auto& known) {
        return known.second.expired() && connection.query("detach " + name_of(known.first)).has_value();
      });
    if (const auto done = connection.query(attach_snapshot_sql(*impl_->lake, name_of(snapshot), snapshot)); !done)
      return std::unexpected(lake_error(*impl_->lake, done.error().message));
  }
  if (!pin) pin = std::make_shared<const std::int64_t>(snapshot);
  attached[snapshot] = pin;
  connection.impl_->snapshot = std::move(pin);
  DH_TRY(connection.execute_now("use " + name_of(snapshot)));
  return connection;
}

Result<std::int64_t> Database::latest_snapshot() {
  DH_ASSERT(impl_->lake.has_value(), "a lake has snapshots");
  DH_ASSIGN(auto connection, connect_bare());
  const bool is_postgres = impl_->lake->lake->catalogue == config::Lake::Catalogue::postgres;
  DH_ASSIGN(const auto id,
            connection.scalar(fmt::format("from {}_query({}, 'select max(snapshot_id) from ducklake_snapshot')",
                                          is_postgres ? "postgres" : "sqlite", sql_text(catalogue_name()))));
  return id.value_or(0);
}

Result<std::shared_ptr<const LakeCopy>> Database::copy_catalogue(std::shared_ptr<const LakeCopy> last) {
  DH_ASSERT(impl_->lake.has_value(), "a lake has a catalogue");
  const std::lock_guard lock(impl_->copy_mutex);
  DH_ASSIGN(const auto latest, latest_snapshot());
  if (last && last->snapshot == latest) return last;
  if (!impl_->spill)
    return fail(Error::Kind::io, fmt::format("The lake {} cannot be shown: nothing can be written in {}.tmp",
                                             impl_->lake->name, impl_->path));
  DH_ASSIGN(auto connection, connect_bare());
  const auto number = ++impl_->copies;
  const auto file = (impl_->spill->path() / fmt::format("catalogue-{}.duckdb", number)).string();
  LakeCopy copy{.name = fmt::format("{}_copy_{}", kLakeName, number)};
  const auto made = [&]() -> Status {
    DH_ASSIGN(copy.snapshot, write_copy(connection, impl_->lake->lake->catalogue, file));
    return connection.execute_now(attach_copy_sql(*impl_->lake, copy.name, file));
  }();
  std::error_code ignored;
  std::filesystem::remove(file, ignored);  // it is open, and lives as long as that
  if (!made) return std::unexpected(made.error());
  return std::shared_ptr<const LakeCopy>(new LakeCopy(std::move(copy)), [this](const LakeCopy* ended) {
    if (auto own = connect_bare()) (void)own->execute_now("detach " + ended->name);
    delete ended;
  });
}

Result<Connection> Database::connect_to(std::shared_ptr<const LakeCopy> copy) {
  DH_ASSIGN(auto connection, connect_bare());
  DH_TRY(connection.execute_now("use " + copy->name));
  DH_TRY(connection.execute_now("begin transaction read only"));
  connection.impl_->copy = std::move(copy);
  return connection;
}

}  // namespace deskhouse::warehouse
