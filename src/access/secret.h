// Secrets that let somebody in: how they are made, and what is kept of them. Nothing here can be turned back into the
// secret.
#pragma once

#include <string>
#include <string_view>

namespace deskhouse::access {

// 256 bits of the system's chance, as letters that stand in a header, a cookie or a shell: A-Z a-z 0-9 - _.
std::string random_secret();

// Of a password: scrypt with a salt of its own (N = 2^15, r = 8, p = 1: 32 MiB and about 0.1 s, OWASP's choice), as
// "scrypt$15$8$1$SALT$HASH". Takes that long on purpose.
std::string hash_password(std::string_view password);

// Of a random secret, which needs no salt and no time: "sha256$HEX".
std::string hash_token(std::string_view token);

// Whether `secret` is the one that `kept` was made of. In constant time, but for how `kept` was made. False for a
// `kept` that no function here gave.
bool matches(std::string_view secret, std::string_view kept);

}  // namespace deskhouse::access
