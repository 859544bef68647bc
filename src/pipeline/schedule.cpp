#include "pipeline/schedule.h"

#include <algorithm>

#include "base/keys.h"
#include "base/result.h"

namespace deskhouse::pipeline {

namespace {

constexpr std::int64_t kFirstRetry = 10 * kMicrosPerSecond;

}  // namespace

Schedule::Schedule(std::int64_t every_us, const PastRuns& past, std::uint64_t seed)
    : every_us_(every_us), state_(seed) {
  DH_ASSERT(every_us > 0, "an interval is positive");
  if (past.failures > 0) {
    failures_ = past.failures - 1;
    failed(past.last_failure);
  } else if (past.last_success) {
    succeeded(*past.last_success);
  }
}

std::int64_t Schedule::with_jitter(std::int64_t us) {
  // splitmix64: a good mixture of consecutive states
  auto z = state_ += 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  z ^= z >> 31;
  const auto share = static_cast<double>(z >> 11) / 9007199254740992.0;  // [0, 1)
  return us + static_cast<std::int64_t>(share * static_cast<double>(us) / 10);
}

void Schedule::succeeded(Timestamp started) {
  failures_ = 0;
  next_ = Timestamp{started.us + with_jitter(every_us_)};
}

void Schedule::failed(Timestamp ended) {
  const auto doublings = std::min(failures_++, 30);
  next_ = Timestamp{ended.us + with_jitter(std::min(every_us_, kFirstRetry << doublings))};
}

void Planner::set_jobs(const std::vector<Job>& jobs, const std::map<std::string, PastRuns>& past) {
  std::map<std::string, Plan> plans;
  for (const auto& job : jobs) {
    if (const auto kept = plans_.find(job.source); kept != plans_.end() && kept->second.job == job) {
      plans.insert(plans_.extract(kept));
      continue;
    }
    const auto known = past.find(job.source);
    plans.emplace(job.source, Plan{job, Schedule(job.every_us, known == past.end() ? PastRuns{} : known->second,
                                                 seed_ ^ static_cast<std::uint64_t>(natural_key(job.source, "")))});
  }
  plans_ = std::move(plans);
}

Timestamp Planner::next() const {
  DH_ASSERT(!plans_.empty(), "there is a job to wait for");
  return std::ranges::min_element(plans_, {}, [](const auto& p) { return p.second.schedule.next(); })
      ->second.schedule.next();
}

Timestamp Planner::Plan::due_at(Timestamp now) const {
  const auto next = schedule.next();
  const auto latest = now.us + job.every_us + job.every_us / 10;
  return next.us > latest ? now : next;
}

std::optional<std::string> Planner::due(Timestamp now) const {
  if (plans_.empty()) return std::nullopt;
  const auto due_at = [&](const auto& plan) { return plan.second.due_at(now); };
  const auto first = std::ranges::min_element(plans_, {}, due_at);
  return due_at(*first) > now ? std::nullopt : std::optional(first->first);
}

void Planner::succeeded(const std::string& source, Timestamp started) {
  plans_.at(source).schedule.succeeded(started);
}
void Planner::failed(const std::string& source, Timestamp ended) {
  plans_.at(source).schedule.failed(ended);
}
Timestamp Planner::next_of(const std::string& source) const {
  return plans_.at(source).schedule.next();
}
int Planner::failures_of(const std::string& source) const {
  return plans_.at(source).schedule.failures();
}

}  // namespace deskhouse::pipeline
