// The OpenAPI 3.1 document, made from the list of endpoints. Pure.
#pragma once

#include <string>
#include <vector>

#include "server/endpoint.h"

namespace deskhouse::server {

// `dimensions`: parameters of the endpoints that take them. `has_login`: who asks must say who he is.
std::string openapi_document(const std::vector<Endpoint>& endpoints, const std::vector<std::string>& dimensions,
                             bool has_login);
// Schemas of answers by name, and of the bodies of requests: a JSON object.
extern const std::string_view kSchemas;

}  // namespace deskhouse::server
