#include "shard/feature/feature_set.h"

#include <algorithm>
#include <utility>

#include "shard/shard.h"

namespace vestnik {
namespace {

template <typename H>
void append(std::vector<H>& all, const std::vector<H>& some) {
  for (const H& hook : some) {
    const auto behind = [](const H& a, const H& b) { return a.order < b.order; };
    all.insert(std::upper_bound(all.begin(), all.end(), hook, behind), hook);
  }
}

}  // namespace

bool Reach::includes(const Session& session) const {
  return only == &session || (all && session.takes_messages());
}

FeatureSet::FeatureSet(std::vector<Feature> features) : features_(std::move(features)) {
  for (const auto& feature : features_) {
    for (const auto& handler : feature.iq) by_ns_[handler.ns].push_back(&handler);
    append(hooks_.outbound, feature.hooks.outbound);
    append(hooks_.broadcast, feature.hooks.broadcast);
    append(hooks_.inbound, feature.hooks.inbound);
    append(hooks_.undeliverable, feature.hooks.undeliverable);
    append(hooks_.accepted, feature.hooks.accepted);
    append(hooks_.insure, feature.hooks.insure);
    append(hooks_.would_keep, feature.hooks.would_keep);
    append(hooks_.session_available, feature.hooks.session_available);
    append(hooks_.session_bound, feature.hooks.session_bound);
    append(hooks_.session_ended, feature.hooks.session_ended);
    append(hooks_.before_login, feature.hooks.before_login);
    append(hooks_.stream_features, feature.hooks.stream_features);
    append(hooks_.host_forms, feature.hooks.host_forms);
    append(hooks_.host_items, feature.hooks.host_items);
    append(hooks_.disco, feature.hooks.disco);
    append(hooks_.request, feature.hooks.request);
    append(hooks_.came_or_went, feature.hooks.came_or_went);
    append(hooks_.roster_pushed, feature.hooks.roster_pushed);
    append(hooks_.host_nodes, feature.hooks.host_nodes);
    append(hooks_.account_nodes, feature.hooks.account_nodes);
    append(hooks_.contact_seen, feature.hooks.contact_seen);
  }
}

const IqHandler* FeatureSet::find(std::string_view name, std::string_view ns, Scope scope,
                                  StanzaType type) const {
  const auto found = by_ns_.find(ns);
  if (found == by_ns_.end()) return nullptr;
  for (const IqHandler* handler : found->second) {
    const bool named = handler->name.empty() || handler->name == name;
    if (named && includes(handler->scope, scope) && includes(handler->verbs, type)) return handler;
  }
  return nullptr;
}

std::unique_ptr<FeatureSet> make_features(Shard& shard) {
  std::vector<Feature> features;
  for (const auto& entry : feature_list()) {
    if (shard.config().feature_enabled(entry.spec.name)) features.push_back(entry.make(shard));
  }
  return std::make_unique<FeatureSet>(std::move(features));
}

std::vector<FeatureSpec> feature_specs() {
  std::vector<FeatureSpec> specs;
  for (const auto& entry : feature_list()) specs.push_back(entry.spec);
  return specs;
}

}  // namespace vestnik
