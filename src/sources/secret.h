// A secret that deskhouse.toml names and does not hold: in the environment, or the first line of a file.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace deskhouse::sources {

struct SecretPlace {
  std::string env_key, env;       // the key of deskhouse.toml, and the variable that it names; empty: none
  std::string file_key, file;     // the same of a file
  std::filesystem::path project;  // which a relative file is relative to
  std::string what;               // "the password of the role"
};

// Empty if neither is named. An error says what is missing and never holds the secret.
Result<std::string> read_secret(const SecretPlace& place);

}  // namespace deskhouse::sources
