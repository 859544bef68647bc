// How an operation that can fail for reasons outside the program says so.
//
// Three kinds of failure, never mixed:
//   * a broken invariant is our bug: DH_ASSERT aborts with a message;
//   * an operating error (missing file, full disk, bad configuration) is a returned Result;
//   * a bad record is data: a row in staging.quarantine with all its reasons (staging/reject.h).
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace deskhouse {

struct Error {
  // Decides the exit code: usage and config 2, gate 3, the others 1.
  enum class Kind {
    usage,
    config,
    io,
    source,
    warehouse,
    busy,  // of the warehouse, too: somebody else has it, and it works when they are done
    gate
  };
  Kind kind = Kind::io;
  std::string message;  // what failed, where, and what to do; one or more sentences, no trailing newline
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(Error::Kind kind, std::string message) {
  return std::unexpected(Error{kind, std::move(message)});
}

[[noreturn]] void assertion_failed(const char* file, int line, const char* condition, const char* why);

}  // namespace deskhouse

// Our bug if false. `why` says which rule was broken, for the person who reads the crash.
#define DH_ASSERT(condition, why) \
  ((condition) ? void(0) : ::deskhouse::assertion_failed(__FILE__, __LINE__, #condition, why))

// Returns the error of a Status/Result expression to our caller; else goes on.
#define DH_TRY(expression)                                                                    \
  do {                                                                                        \
    if (auto dh_status = (expression); !dh_status) return std::unexpected(dh_status.error()); \
  } while (0)

#define DH_CONCAT_(a, b) a##b
#define DH_CONCAT(a, b) DH_CONCAT_(a, b)
// DH_ASSIGN(auto x, f()) declares x from the value of f(), or returns f()'s error.
#define DH_ASSIGN(declaration, expression) DH_ASSIGN_(DH_CONCAT(dh_result_, __LINE__), declaration, expression)
#define DH_ASSIGN_(temporary, declaration, expression)                  \
  auto temporary = (expression);                                        \
  if (!temporary) return std::unexpected(std::move(temporary).error()); \
  declaration = *std::move(temporary)
