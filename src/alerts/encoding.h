// Base64 and the signature of webhooks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace deskhouse::alerts {

std::string base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

std::string hmac_sha256(std::string_view key, std::string_view text);  // 32 bytes

// The header webhook-signature of standardwebhooks.com: "v1," and the base64 of an HMAC over "ID.SECONDS.BODY".
// A secret that begins with whsec_ is the base64 of the key, any other one is the key.
std::string webhook_signature(std::string_view secret, std::string_view id, std::int64_t seconds,
                              std::string_view body);

}  // namespace deskhouse::alerts
