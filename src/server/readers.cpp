#include "server/readers.h"

#include <utility>

#include "server/masking.h"
#include "warehouse/lake_copy.h"

namespace deskhouse::server {

Readers::Lease::~Lease() {
  if (!connection_ || !is_kept_) return;
  const std::lock_guard lock(readers_->mutex_);
  if (copy_ == readers_->copy_) readers_->idle_[is_masked_ ? 1 : 0].push_back(std::move(connection_));
}

Result<std::unique_ptr<warehouse::Connection>> Readers::connect(bool is_masked, const Copy& copy) {
  DH_ASSIGN(auto connection, copy ? database_.connect_to(copy) : database_.connect());
  if (is_masked) DH_TRY(Masking::enter(connection));
  return std::make_unique<warehouse::Connection>(std::move(connection));
}

// Who asks while another makes the copy waits for it: what a commit has made known is seen by all who ask after it.
Status Readers::follow() {
  if (followed_ == told_) return {};
  const std::lock_guard following(following_);
  const std::int64_t told = told_;
  if (followed_ == told) return {};
  Copy copy;
  if (database_.is_lake()) {
    DH_ASSIGN(copy, database_.copy_catalogue(copy_));
  }
  if (!copy || copy != copy_) {
    DH_ASSIGN(auto connection, database_.connect());
    if (copy) DH_TRY(connection.execute_now("use " + copy->name));
    DH_TRY(prepare_(connection));
    Idle of_before[2];  // ended without the lock
    const std::lock_guard lock(mutex_);
    before_ = std::exchange(copy_, std::move(copy));
    for (auto i : {0, 1}) of_before[i] = std::exchange(idle_[i], {});
  }
  followed_ = told;
  return {};
}

Result<Readers::Lease> Readers::take(bool is_masked) {
  DH_TRY(follow());
  Copy copy;
  {
    const std::lock_guard lock(mutex_);
    copy = copy_;
    if (auto& idle = idle_[is_masked ? 1 : 0]; !idle.empty()) {
      auto last = std::move(idle.back());
      idle.pop_back();
      return Lease(*this, is_masked, std::move(copy), std::move(last));
    }
  }
  DH_ASSIGN(auto connection, connect(is_masked, copy));
  return Lease(*this, is_masked, std::move(copy), std::move(connection));
}

Result<Readers::Lease> Readers::take_past(std::int64_t snapshot) {
  DH_ASSIGN(auto connection, database_.connect_to(snapshot));
  Lease lease(*this, false, nullptr, std::make_unique<warehouse::Connection>(std::move(connection)));
  lease.is_kept_ = false;
  return lease;
}

}  // namespace deskhouse::server
