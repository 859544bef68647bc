#include "sources/secret.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

namespace deskhouse::sources {

Result<std::string> read_secret(const SecretPlace& place) {
  if (!place.env.empty()) {
    const char* value = std::getenv(place.env.c_str());
    if (value == nullptr)
      return fail(Error::Kind::source, fmt::format("the environment variable {} that {} names is not set; set it to {}",
                                                   place.env, place.env_key, place.what));
    return value;
  }
  if (place.file.empty()) return std::string();
  std::filesystem::path file = place.file;
  if (file.is_relative()) file = place.project / file;
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line))
    return fail(Error::Kind::source,
                fmt::format("the file {} that {} names cannot be read or is empty; its first line must be {}",
                            file.string(), place.file_key, place.what));
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace deskhouse::sources
