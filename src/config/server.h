// [server]: who may ask `deskhouse serve --listen`, and how.
#pragma once

#include <string>

namespace deskhouse::config {

struct ServerConfig {
  std::string certificate, key;  // PEM files for HTTPS, relative to the project folder; both or none
  bool asks_always = false;      // a login also where only this machine is listened to
  bool keeps_audit = true;       // who asked what, in deskhouse.audit.jsonl
  int line = 0;
};

}  // namespace deskhouse::config
