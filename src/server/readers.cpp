#include "server/readers.h"

#include "server/masking.h"

namespace deskhouse::server {

Readers::Lease::~Lease() {
  if (!connection_ || !is_kept_) return;
  const std::lock_guard lock(readers_->mutex_);
  readers_->idle_[is_masked_ ? 1 : 0].push_back(std::move(connection_));
}

Result<Readers::Lease> Readers::take(bool is_masked) {
  {
    const std::lock_guard lock(mutex_);
    if (auto& idle = idle_[is_masked ? 1 : 0]; !idle.empty()) {
      auto last = std::move(idle.back());
      idle.pop_back();
      return Lease(*this, is_masked, std::move(last));
    }
  }
  DH_ASSIGN(auto connection, database_.connect());
  if (is_masked) DH_TRY(Masking::enter(connection));
  return Lease(*this, is_masked, std::make_unique<warehouse::Connection>(std::move(connection)));
}

Result<Readers::Lease> Readers::take_past(std::int64_t snapshot) {
  DH_ASSIGN(auto connection, database_.connect_to(snapshot));
  Lease lease(*this, false, std::make_unique<warehouse::Connection>(std::move(connection)));
  lease.is_kept_ = false;
  return lease;
}

}  // namespace deskhouse::server
