// The words of the room `events`, which this room speaks throughout.
#pragma once

#include "events/decoder.h"
#include "events/document.h"
#include "events/fingerprint.h"
#include "events/message.h"
#include "events/payloads.h"

namespace deskhouse::stream {

using events::Cell;
using events::Decoded;
using events::Decoder;
using events::Document;
using events::fingerprint;
using events::fold;
using events::Folded;
using events::from_json;
using events::mapping_of;
using events::Message;
using events::MessageBatch;
using events::Order;
using events::PartialEvent;
using events::Payloads;
using events::Place;
using events::Position;
using events::SeenEvent;
using events::to_json;

}  // namespace deskhouse::stream
