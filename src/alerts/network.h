// Which addresses may be spoken to. Pure.
#pragma once

#include <sys/socket.h>

namespace deskhouse::alerts {

// Whether an address is one of the internet at large: not of this machine, a private or link-local network, shared
// (RFC 6598), multicast, reserved or unspecified; an IPv4 address inside an IPv6 one counts as what it is.
bool is_public(const sockaddr* address);

}  // namespace deskhouse::alerts
