#include "access/secret.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <vector>

#include "base/parse.h"
#include "base/result.h"

namespace deskhouse::access {
namespace {

constexpr std::size_t kSecretBytes = 32, kSaltBytes = 16, kHashBytes = 32;
constexpr std::int64_t kLogCost = 15, kBlock = 8, kParallel = 1;
constexpr std::uint64_t kMemory = 96 << 20;  // what scrypt may take: 128 * N * r, and as much again

using Bytes = std::vector<unsigned char>;

Bytes random_bytes(std::size_t count) {
  Bytes bytes(count);
  const int done = RAND_bytes(bytes.data(), static_cast<int>(count));
  DH_ASSERT(done == 1, "the system gives random bytes");
  return bytes;
}

std::string hex(const Bytes& bytes) {
  std::string out;
  for (const auto byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

Bytes from_hex(std::string_view text) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned value = 0;
    for (const char c : text.substr(i, 2)) {
      const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
      if (digit < 0) return {};
      value = value * 16 + static_cast<unsigned>(digit);
    }
    out.push_back(static_cast<unsigned char>(value));
  }
  return out;
}

struct Cost {
  std::int64_t log_n, r, p;
};

Bytes scrypt(std::string_view password, const Bytes& salt, const Cost& cost) {
  Bytes out(kHashBytes);
  const int done = EVP_PBE_scrypt(password.data(), password.size(), salt.data(), salt.size(), 1ULL << cost.log_n,
                                  static_cast<std::uint64_t>(cost.r), static_cast<std::uint64_t>(cost.p), kMemory,
                                  out.data(), out.size());
  return done == 1 ? out : Bytes{};
}

// The parts between the dollars.
std::vector<std::string_view> parts_of(std::string_view kept) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = kept.find('$');
    parts.push_back(kept.substr(0, end));
    if (end == std::string_view::npos) return parts;
    kept.remove_prefix(end + 1);
  }
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::string random_secret() {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const auto bytes = random_bytes(kSecretBytes);
  std::string out;
  unsigned held = 0;
  int bits = 0;
  for (const auto byte : bytes) {
    held = held << 8 | byte;
    for (bits += 8; bits >= 6; bits -= 6) out += kLetters[held >> (bits - 6) & 63];
  }
  return out;  // 42 letters and 4 bits that are left: 252 bits
}

std::string hash_password(std::string_view password) {
  const auto salt = random_bytes(kSaltBytes);
  const auto hash = scrypt(password, salt, {kLogCost, kBlock, kParallel});
  DH_ASSERT(!hash.empty(), "scrypt has the memory that it was given");
  return fmt::format("scrypt${}${}${}${}${}", kLogCost, kBlock, kParallel, hex(salt), hex(hash));
}

std::string hash_token(std::string_view token) {
  Bytes hash(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  const int done = EVP_Digest(token.data(), token.size(), hash.data(), &size, EVP_sha256(), nullptr);
  DH_ASSERT(done == 1, "SHA-256 is always there");
  hash.resize(size);
  return "sha256$" + hex(hash);
}

bool matches(std::string_view secret, std::string_view kept) {
  const auto parts = parts_of(kept);
  if (parts[0] == "sha256") return same(hash_token(secret), kept);
  if (parts[0] != "scrypt" || parts.size() != 6) return false;
  const auto log_n = parse_integer(parts[1]), r = parse_integer(parts[2]), p = parse_integer(parts[3]);
  // What is written in the file must not take all memory.
  if (!log_n.ok() || !r.ok() || !p.ok() || log_n.value < 10 || log_n.value > 18 || r.value < 1 || r.value > 8 ||
      p.value < 1 || p.value > 4)
    return false;
  const auto hash = scrypt(secret, from_hex(parts[4]), {log_n.value, r.value, p.value});
  return !hash.empty() && same(hex(hash), parts[5]);
}

}  // namespace deskhouse::access
