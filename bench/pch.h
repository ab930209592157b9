// Precompiled for the bench tools: the heavy headers nearly every file here needs.
#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <coroutine>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>
