// A Database over a lake: the lake itself, its snapshots, and copies of its catalogue.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "warehouse/database_impl.h"
#include "warehouse/snapshots.h"

namespace deskhouse::warehouse {

Status Database::attach(const config::Location& location, bool read_only) {
  if (!read_only) {
    DH_ASSIGN(impl_->lock, lock_lake(location));
  }
  DH_ASSIGN(auto connection, connect());
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
  DH_ASSIGN(auto connection, connect());
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

Result<std::shared_ptr<const LakeCopy>> Database::copy_catalogue(std::shared_ptr<const LakeCopy> last) {
  DH_ASSERT(impl_->lake.has_value(), "a lake has a catalogue");
  const std::lock_guard lock(impl_->copy_mutex);
  DH_ASSIGN(auto connection, connect());
  DH_ASSIGN(const auto latest, latest_snapshot(connection));
  if (last && last->snapshot == latest) return last;
  const auto folder = std::filesystem::path(impl_->path + ".tmp");
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Error::Kind::io, fmt::format("Cannot create {}: {}", folder.string(), error.message()));
  const auto number = ++impl_->copies;
  const auto file = (folder / fmt::format("catalogue-{}-{}.duckdb", ::getpid(), number)).string();
  LakeCopy copy{.name = fmt::format("{}_copy_{}", kLakeName, number)};
  const auto made = [&]() -> Status {
    DH_TRY(write_copy(connection, file));
    DH_TRY(connection.execute_now(attach_copy_sql(*impl_->lake, copy.name, file)));
    DH_ASSIGN(copy.snapshot, latest_snapshot(connection, copy.name));
    return {};
  }();
  std::filesystem::remove(file, error);  // it is open, and lives as long as that
  if (!made) return std::unexpected(made.error());
  return std::shared_ptr<const LakeCopy>(new LakeCopy(std::move(copy)), [this](const LakeCopy* ended) {
    if (auto own = connect()) (void)own->execute_now("detach " + ended->name);
    delete ended;
  });
}

Result<Connection> Database::connect_to(std::shared_ptr<const LakeCopy> copy) {
  DH_ASSIGN(auto connection, connect());
  DH_TRY(connection.execute_now("use " + copy->name));
  DH_TRY(connection.execute_now("begin transaction read only"));
  connection.impl_->copy = std::move(copy);
  return connection;
}

}  // namespace deskhouse::warehouse
