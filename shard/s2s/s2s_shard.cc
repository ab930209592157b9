#include "shard/s2s/s2s_shard.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "proto/stanza/reply.h"
#include "shard/posted_batch.h"

namespace vestnik {

class S2sShard::PostedStanza final : public Posted {
 public:
  PostedStanza(S2sShard& shard, Stanza stanza)
      : Posted(stanza.cost()), shard_(shard), stanza_(std::move(stanza)) {}
  void run() override { shard_.receive(stanza_); }

 private:
  S2sShard& shard_;
  Stanza stanza_;
};

void S2sShard::route(Stanza stanza) {
  reactor_.post(std::make_unique<PostedStanza>(*this, std::move(stanza)));
}

void S2sShard::receive(const Stanza& stanza) {
  if (!may_answer_with_error(stanza)) return;
  const std::string text = fmt::format(
      "this server does not federate with other domains, so it cannot reach {}", stanza.to().domain());
  Stanza answer = make_error(stanza, StanzaCondition::remote_server_not_found, text);
  Shard& home = *services_.shards[services_.map.owner(answer.to().bare()).shard];
  std::vector<EntityMessage> batch;
  const std::size_t bytes = answer.cost();
  batch.emplace_back(Deliver{std::move(answer)});
  home.reactor().post(std::make_unique<PostedBatch>(home, std::move(batch), bytes));
}

}  // namespace vestnik
