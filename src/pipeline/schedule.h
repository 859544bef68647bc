// When the next run of a repeated job is due, and which of several jobs is next. Pure: time comes in as an argument,
// jitter from a seed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/values.h"

namespace deskhouse::pipeline {

// What is known of a job's runs when its schedule is made: a restart goes on with the plan.
struct PastRuns {
  std::optional<Timestamp> last_success;  // when it started
  int failures = 0;                       // in a row, since then
  Timestamp last_failure{};               // when it ended; means something if there were failures
};

// Counts from the start of one run to the start of the next. A run that takes longer than that is followed by one run
// at once, not by as many as were missed; so is a time in which nobody ran. After a failure the next try comes sooner:
// after 10 s, then twice as long each time, at most `every`.
class Schedule {
 public:
  // REQUIRES every_us > 0.
  Schedule(std::int64_t every_us, const PastRuns& past, std::uint64_t seed);

  // The earliest time of the next run; in the past: at once.
  Timestamp next() const { return next_; }
  void succeeded(Timestamp started);
  void failed(Timestamp ended);
  int failures() const { return failures_; }  // in a row

 private:
  // Spreads the runs of many processes: up to a tenth of `us` is added.
  std::int64_t with_jitter(std::int64_t us);

  std::int64_t every_us_;
  std::uint64_t state_;
  Timestamp next_{};
  int failures_ = 0;
};

// A source that is read every so often.
struct Job {
  std::string source;
  std::int64_t every_us = 0;
  bool operator==(const Job&) const = default;
};

// The schedules of several jobs that run one after the other. A job that fails is put off by itself; the others go on.
class Planner {
 public:
  explicit Planner(std::uint64_t seed) : seed_(seed) {}
  // The jobs from now on. One that stays as it was keeps its schedule; one that is new or has another interval begins
  // with what `past` says of it (nothing: it is due at once).
  void set_jobs(const std::vector<Job>& jobs, const std::map<std::string, PastRuns>& past);
  bool empty() const { return plans_.empty(); }
  // The earliest time at which a job is due; REQUIRES that there is one.
  Timestamp next() const;
  // The job that is due for longest at `now`; nullopt: none is. Of equals the first by name. One that would be due
  // later than its interval allows was planned by a clock that has since been set back: it is due.
  std::optional<std::string> due(Timestamp now) const;
  // REQUIRES one of the jobs.
  void succeeded(const std::string& source, Timestamp started);
  void failed(const std::string& source, Timestamp ended);
  Timestamp next_of(const std::string& source) const;
  int failures_of(const std::string& source) const;

 private:
  struct Plan {
    Job job;
    Schedule schedule;
    Timestamp due_at(Timestamp now) const;
  };
  std::uint64_t seed_;
  std::map<std::string, Plan> plans_;  // by source
};

}  // namespace deskhouse::pipeline
