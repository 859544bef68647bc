#include "alerts/network.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

namespace deskhouse::alerts {
namespace {

bool is_public(const std::string& text) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    return alerts::is_public(reinterpret_cast<const sockaddr*>(&v4));
  }
  EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1) << text;
  v6.sin6_family = AF_INET6;
  return alerts::is_public(reinterpret_cast<const sockaddr*>(&v6));
}

TEST(Network, PublicAddresses) {
  for (const auto* text : {"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1",
                           "192.167.1.1", "223.255.255.255", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"})
    EXPECT_TRUE(is_public(text)) << text;
}

TEST(Network, AddressesOfOnesOwn) {
  for (const auto* text : {"0.0.0.0",         "10.0.0.1",        "100.64.0.1",      "127.0.0.1",   "127.255.255.255",
                           "169.254.169.254", "172.16.0.1",      "172.31.255.255",  "192.0.0.1",   "192.168.0.1",
                           "198.18.0.1",      "224.0.0.1",       "255.255.255.255", "::",          "::1",
                           "fe80::1",         "fc00::1",         "fd12::1",         "ff02::1",     "::ffff:127.0.0.1",
                           "::ffff:10.1.2.3", "64:ff9b::7f00:1", "2002:7f00:1::",   "2001:db8::1", "::127.0.0.1"})
    EXPECT_FALSE(is_public(text)) << text;
  sockaddr local{};
  local.sa_family = AF_UNIX;
  EXPECT_FALSE(alerts::is_public(&local));
}

}  // namespace
}  // namespace deskhouse::alerts
