#include "bench/scenario/scenario.h"

namespace vestnik::bench {

Task<> Scenario::prepare(Client&) { co_return; }

void Scenario::on_stanza(Client&, Element) {}

std::optional<std::string> Plan::refuse(const Options&) const { return std::nullopt; }

}  // namespace vestnik::bench
