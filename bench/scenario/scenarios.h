#pragma once
#include <memory>

#include "bench/scenario/scenario.h"

namespace vestnik::bench {

// One function for each scenario's file; list.cc gathers them.
std::unique_ptr<Plan> make_login_plan();
std::unique_ptr<Plan> make_idle_plan();
std::unique_ptr<Plan> make_chat_plan();
std::unique_ptr<Plan> make_ping_plan();
std::unique_ptr<Plan> make_presence_plan();
std::unique_ptr<Plan> make_roster_plan();
std::unique_ptr<Plan> make_churn_plan();

}  // namespace vestnik::bench
