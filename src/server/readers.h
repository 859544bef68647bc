// Connections that read: each for one request at a time, kept for the next. Thread-safe.
//
// Of a lake they read by a copy of its catalogue, which is made anew when one is asked for after something was
// committed: so a page costs the catalogue's server nothing, and shows one whole run.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "warehouse/database.h"

namespace deskhouse::server {

class Readers {
 public:
  // `prepare`: what is done with a connection to what will be read, whenever that is another catalogue.
  using Prepare = std::function<Status(warehouse::Connection&)>;
  Readers(warehouse::Database& database, Prepare prepare) : database_(database), prepare_(std::move(prepare)) {}

  using Copy = std::shared_ptr<const warehouse::LakeCopy>;

  // Gives its connection back when it ends. The Readers outlive it.
  class Lease {
   public:
    Lease(Lease&&) = default;  // leaves nothing to give back
    ~Lease();
    warehouse::Connection& operator*() { return *connection_; }
    warehouse::Connection* operator->() { return connection_.get(); }

   private:
    friend class Readers;
    Lease(Readers& readers, bool is_masked, Copy copy, std::unique_ptr<warehouse::Connection> connection)
        : readers_(&readers), is_masked_(is_masked), copy_(std::move(copy)), connection_(std::move(connection)) {}
    Readers* readers_;
    bool is_masked_, is_kept_ = true;
    Copy copy_;
    std::unique_ptr<warehouse::Connection> connection_;
  };
  // Something may have been committed. Who asks from now on sees it.
  void look_again() { ++told_; }
  // `is_masked`: in the catalogue of those who see no personal data, which `prepare` has made.
  Result<Lease> take(bool is_masked);
  // A connection that reads a snapshot of a lake; it is not kept. REQUIRES that the database is one.
  Result<Lease> take_past(std::int64_t snapshot);

 private:
  using Idle = std::vector<std::unique_ptr<warehouse::Connection>>;
  Status follow();
  Result<std::unique_ptr<warehouse::Connection>> connect(bool is_masked, const Copy& copy);

  warehouse::Database& database_;
  const Prepare prepare_;
  std::atomic<std::int64_t> told_{1};      // how often look_again() was called
  std::atomic<std::int64_t> followed_{0};  // up to which of them it was
  std::mutex following_;                   // held while a copy is made
  std::mutex mutex_;                       // of what follows
  Copy copy_, before_;                     // of a lake. The one before: views that hide may still lead to it
  Idle idle_[2];                           // of copy_, by is_masked
};

}  // namespace deskhouse::server
