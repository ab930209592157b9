#pragma once
#include <string>
#include <vector>

#include "proto/base/result.h"

namespace vestnik::bench {

/// A self-contained HTML page with plots of runs, given as to_json() wrote them: for each kind of run the
/// servers side by side, then throughput and latency over time. The error is a sentence.
Result<std::string, std::string> to_html(const std::vector<std::string>& runs);

}  // namespace vestnik::bench
