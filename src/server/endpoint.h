// What can be asked for, as data: the list of endpoints (api_endpoints.cpp) is what requests are matched with, what
// their parameters are checked by, and what the OpenAPI document is made from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "access/accounts.h"
#include "base/result.h"
#include "server/http.h"
#include "server/queries.h"

namespace deskhouse::server {

class Api;
struct Listing;
struct Detail;

// A parameter of the query.
struct ParameterSpec {
  enum class Kind { text, integer, day, boolean, word };
  std::string_view name, meaning;
  Kind kind = Kind::text;
  bool is_many = false;                      // may be given several times: any of them
  std::vector<std::string_view> words = {};  // of Kind::word
  std::int64_t least = 0, most = INT64_MAX;  // of Kind::integer
};

// The parameters of a request, checked: an unknown one is an error, since a filter that nobody heard of would make a
// wrong number.
class Arguments {
 public:
  // Fails with Kind::usage and what is wrong. `others`: names beyond the specs, whose values may be any text.
  static Result<Arguments> read(const std::vector<ParameterSpec>& specs, const std::vector<std::string>& others,
                                const Request& request);

  std::vector<std::string> all(std::string_view name) const;
  std::string one(std::string_view name) const;  // the last one; empty: absent
  bool has(std::string_view name) const { return !all(name).empty(); }
  std::vector<std::string> names() const;  // each once
  std::int64_t integer(std::string_view name, std::int64_t otherwise) const;
  // All but those of `without`, in one text, whatever their order was.
  std::string text(const std::vector<std::string_view>& without = {}) const;

 private:
  std::vector<std::pair<std::string, std::string>> given_;
};

struct Endpoint;

struct Call {
  const Request& request;
  const Endpoint& endpoint;
  std::vector<std::string> path;  // what stands where the path has braces
  access::Role role;
  Arguments arguments = {};
  Queries::Ticket* ticket = nullptr;  // none: the endpoint is quick
};

struct Endpoint {
  std::string_view method, path;  // a part of the path in braces stands for any text
  std::string_view summary;
  Response (Api::*answer)(const Call&);
  std::string_view schema = "";                   // of the answer: a name in schemas.cpp; empty: text
  std::vector<ParameterSpec> parameters = {};     // those of `listing` come on top
  access::Role least = access::Role::viewer;      // who may ask, where there is a login
  const Listing* listing = nullptr;               // the answer is a page of it
  const Detail* detail = nullptr;                 // the answer is one of these
  bool takes_dimensions = false;                  // the dimensions of metrics are parameters, too
  bool is_quick = false;                          // asks the warehouse nothing that could take long
  std::vector<std::string_view> also_types = {};  // media types besides JSON
};

// All parameters of an endpoint.
std::vector<ParameterSpec> parameters_of(const Endpoint& endpoint);

}  // namespace deskhouse::server
