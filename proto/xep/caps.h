#pragma once
#include <string>

#include "proto/xml/document.h"

namespace vestnik {

/// The verification string (XEP-0115 §5.1, SHA-1) of what an entity says of itself: of the `<query/>` of its
/// disco#info. Forms that have no hidden FORM_TYPE do not count (§5.4).
std::string capability_hash(xml::Element info);

}  // namespace vestnik
