#include "alerts/network.h"

#include <netinet/in.h>

#include <cstdint>
#include <cstring>

namespace deskhouse::alerts {

namespace {

struct Range {
  std::uint32_t network;
  int bits;
};

constexpr std::uint32_t ip(std::uint32_t a, std::uint32_t b, std::uint32_t c = 0) {
  return a << 24 | b << 16 | c << 8;
}

// IANA's registry of special-purpose addresses.
constexpr Range kSpecial[] = {{ip(0, 0), 8},         {ip(10, 0), 8},    {ip(100, 64), 10},      {ip(127, 0), 8},
                              {ip(169, 254), 16},    {ip(172, 16), 12}, {ip(192, 0, 0), 24},    {ip(192, 0, 2), 24},
                              {ip(192, 168), 16},    {ip(198, 18), 15}, {ip(198, 51, 100), 24}, {ip(203, 0, 113), 24},
                              {ip(192, 88, 99), 24}, {ip(224, 0), 4},   {ip(240, 0), 4}};

bool is_public_v4(std::uint32_t address) {
  for (const auto& [network, bits] : kSpecial)
    if ((address >> (32 - bits)) == (network >> (32 - bits))) return false;
  return true;
}

std::uint32_t v4_at(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

bool is_public_v6(const in6_addr& address) {
  const auto* b = address.s6_addr;
  constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  constexpr std::uint8_t kNat64[12] = {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0};
  if (std::memcmp(b, kMapped, 12) == 0 || std::memcmp(b, kNat64, 12) == 0) return is_public_v4(v4_at(b + 12));
  if (b[0] == 0x20 && b[1] == 0x02) return is_public_v4(v4_at(b + 2));             // 6to4
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] <= 0x01) return false;                  // protocol assignments, Teredo
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0D && b[3] == 0xB8) return false;  // documentation
  return (b[0] & 0xE0) == 0x20;                                                    // 2000::/3, all that is given out
}

}  // namespace

bool is_public(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof v4);
    return is_public_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, address, sizeof v6);
    return is_public_v6(v6.sin6_addr);
  }
  return false;
}

}  // namespace deskhouse::alerts
