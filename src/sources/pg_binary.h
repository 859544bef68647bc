// PostgreSQL's binary COPY format: the values of a tuple as the text that the same value has everywhere in Deskhouse.
// Pure. Source of the forms: the *_send functions of PostgreSQL 9.0 to 17, which have not changed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace deskhouse::sources {

// How the binary form of a column is read. Types that are not named here are cast to text by the query.
enum class PgForm {
  text,  // text, varchar, char(n), name, json: their bytes
  int2,
  int4,
  int8,
  boolean,
  numeric,
  timestamp,    // without time zone: no offset is written
  timestamptz,  // UTC, written with Z
  date,
  uuid,
  jsonb,
  cast,  // any other, and text by the cast
};

// By the type's object id in pg_type.
PgForm form_of(std::uint32_t type);

// Appends the value's text: numbers with the digits that the server shows, date-times in ISO 8601 with all their
// microseconds (a fraction of zero is left out), infinity and -infinity, years before 1 with " BC" as the server does.
// False if `bytes` are not of the form: then nothing was appended.
bool append_pg_text(PgForm form, std::string_view bytes, std::string& out);

// Big-endian numbers of a message; REQUIRES that many bytes.
std::uint16_t read_u16(const char* at);
std::uint32_t read_u32(const char* at);
std::uint64_t read_u64(const char* at);

}  // namespace deskhouse::sources
