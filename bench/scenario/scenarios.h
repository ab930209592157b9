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
std::unique_ptr<Plan> make_muc_plan();
std::unique_ptr<Plan> make_archive_plan();
std::unique_ptr<Plan> make_offline_plan();
std::unique_ptr<Plan> make_s2s_plan();
std::unique_ptr<Plan> make_mix_plan();

}  // namespace vestnik::bench
