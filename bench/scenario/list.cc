#include "bench/scenario/scenarios.h"

namespace vestnik::bench {

std::vector<std::unique_ptr<Plan>> all_plans() {
  std::vector<std::unique_ptr<Plan>> plans;
  plans.push_back(make_login_plan());
  plans.push_back(make_idle_plan());
  plans.push_back(make_chat_plan());
  plans.push_back(make_ping_plan());
  plans.push_back(make_presence_plan());
  plans.push_back(make_roster_plan());
  plans.push_back(make_churn_plan());
  plans.push_back(make_muc_plan());
  plans.push_back(make_archive_plan());
  plans.push_back(make_offline_plan());
  plans.push_back(make_s2s_plan());
  plans.push_back(make_mix_plan());
  return plans;
}

}  // namespace vestnik::bench
