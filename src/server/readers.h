// Connections that read: each for one request at a time, kept for the next. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "warehouse/database.h"

namespace deskhouse::server {

class Readers {
 public:
  explicit Readers(warehouse::Database& database) : database_(database) {}

  // Gives its connection back when it ends. The Readers outlive it.
  class Lease {
   public:
    Lease(Lease&&) = default;  // leaves nothing to give back
    ~Lease();
    warehouse::Connection& operator*() { return *connection_; }
    warehouse::Connection* operator->() { return connection_.get(); }

   private:
    friend class Readers;
    Lease(Readers& readers, bool is_masked, std::unique_ptr<warehouse::Connection> connection)
        : readers_(&readers), is_masked_(is_masked), connection_(std::move(connection)) {}
    Readers* readers_;
    bool is_masked_, is_kept_ = true;
    std::unique_ptr<warehouse::Connection> connection_;
  };
  // `is_masked`: in the catalogue of those who see no personal data; REQUIRES that Masking was refreshed.
  Result<Lease> take(bool is_masked);
  // A connection that reads a snapshot of a lake; it is not kept. REQUIRES that the database is one.
  Result<Lease> take_past(std::int64_t snapshot);

 private:
  using Idle = std::vector<std::unique_ptr<warehouse::Connection>>;
  warehouse::Database& database_;
  std::mutex mutex_;  // of what follows
  Idle idle_[2];      // by is_masked
};

}  // namespace deskhouse::server
