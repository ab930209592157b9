// XEP-0077: in-band registration (where the host allows it), change of password and removal of the own
// account.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "proto/sasl/scram_keys.h"
#include "proto/stanza/reply.h"
#include "proto/xml/writer.h"
#include "shard/c2s/login_guard.h"
#include "shard/features/list.h"
#include "shard/session/account_removal.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

constexpr std::string_view kRegister = "jabber:iq:register";
constexpr std::string_view kStreamFeature = "<register xmlns='http://jabber.org/features/iq-register'/>";
constexpr std::uint32_t kRegistrationsPerMinute = 10;  // from one address

std::string form_xml() {
  std::string xml;
  xml::Writer(xml)
      .open("query", kRegister)
      .leaf("instructions", "Choose a username and a password.")
      .leaf("username")
      .leaf("password")
      .close();
  return xml;
}

struct Wish {
  std::string username;
  Secret password;
  bool remove = false;
};

Wish read_wish(xml::Element query) {
  return {.username = query.child("username").text(),
          .password = Secret(query.child("password").text()),
          .remove = static_cast<bool>(query.child("remove"))};
}

// The condition for a password that cannot be one; nothing if it can.
std::optional<StanzaCondition> refuse(const Result<Secret, sasl::PasswordError>& prepared) {
  if (prepared) return std::nullopt;
  return prepared.error() == sasl::PasswordError::empty ? StanzaCondition::not_acceptable
                                                        : StanzaCondition::bad_request;
}

class Registration : public std::enable_shared_from_this<Registration> {
 public:
  explicit Registration(Shard& shard) : shard_(shard) {}

  // A client that has not logged in. `address` counts against a flood of new accounts.
  Task<std::optional<Stanza>> before_login(const HostConfig* host, std::string address, Stanza& iq) {
    const auto self = shared_from_this();  // a reload replaces the features while this waits
    std::optional<Wish> wish;
    {
      const DocumentLease tree(shard_, iq.wire());
      const xml::Element query = tree.root().child("query", kRegister);
      if (!query) co_return std::nullopt;
      if (iq.type() == StanzaType::set) wish = read_wish(query);
    }
    if (!host->registration)
      co_return make_error(iq, StanzaCondition::not_allowed, "registration is closed on this host");
    if (!wish) co_return make_result(iq, form_xml());
    const auto account = Jid::from_parts(wish->username, host->name);
    auto password = sasl::prepare_password(wish->password.reveal());
    if (!account || !account->has_local())
      co_return make_error(iq, StanzaCondition::not_acceptable, "this username cannot be used");
    if (const auto refused = refuse(password))
      co_return make_error(iq, *refused, "this password cannot be used");
    boost::system::error_code error;
    const bool trusted =
        shard_.services().addresses.is_trusted(boost::asio::ip::make_address(address, error));
    if (!trusted && guard_.exceeded(address, kRegistrationsPerMinute, shard_.reactor().now())) {
      co_return make_error(iq, StanzaCondition::resource_constraint,
                           "too many new accounts from your address; wait a minute");
    }
    guard_.add_failure(address, shard_.reactor().now());
    co_return co_await create(*account, host->scram_iterations, std::move(*password), iq);
  }

  // The own account of a client that has logged in.
  void own_account(IqRequest& request) {
    // Clients ask their host, or their own account; the sender's account lives on this shard either way.
    const JidView from = request.from();
    Account* sender = from.domain() == request.host().name ? shard_.accounts().loaded(from.bare()) : nullptr;
    if (sender == nullptr || !from.has_local()) {
      return request.error(StanzaCondition::not_allowed, "only an account of this host can ask this");
    }
    Account& account = *sender;
    if (!request.is_set()) return request.result(own_form(account));
    Wish wish = read_wish(request.payload());
    if (wish.remove) {
      if (request.payload().child_count() != 1) return request.error(StanzaCondition::bad_request);
      return remove(account, request.defer());
    }
    const auto named = Jid::from_parts(wish.username, account.jid().domain());
    if (!named || named->full() != account.jid().full()) {
      return request.error(StanzaCondition::bad_request, "only your own password can be changed");
    }
    auto password = sasl::prepare_password(wish.password.reveal());
    if (const auto refused = refuse(password)) return request.error(*refused, "this password cannot be used");
    shard_.tasks().spawn("register.password",
                         change_password(shared_from_this(), account.jid(), request.host().scram_iterations,
                                         std::move(*password), request.defer()));
  }

 private:
  static std::string own_form(const Account& account) {
    std::string xml;
    xml::Writer(xml)
        .open("query", kRegister)
        .leaf("registered")
        .leaf("username", account.jid().local())
        .leaf("password")
        .close();
    return xml;
  }

  Task<std::optional<sasl::Credentials>> hash(Secret& password, std::uint32_t iterations) {
    std::optional<sasl::Credentials> credentials;
    auto job = [&] { credentials = sasl::make_credentials(password, shard_.random(), iterations); };
    co_await shard_.services().blocking.run(shard_.reactor(), job);
    co_return credentials;
  }

  Task<std::optional<Stanza>> create(Jid account, std::uint32_t iterations, Secret password, Stanza& iq) {
    auto credentials = co_await hash(password, iterations);
    if (!credentials)
      co_return make_error(iq, StanzaCondition::resource_constraint, "the server is busy; try again");
    storage::AccountRecord record{
        .jid = account.full(),
        .created_at = std::chrono::floor<std::chrono::milliseconds>(shard_.reactor().wall_now()),
        .last_activity = std::nullopt,
        .credentials = std::move(*credentials)};
    auto written = std::make_shared<Event>(shard_.reactor());
    auto outcome = std::make_shared<Result<bool, storage::Error>>(false);
    shard_.services().storage.write(
        {.owner = account.full(), .bytes = sizeof record},
        [record](storage::Stores& stores) { return stores.accounts().create(record); },
        [this, written, outcome](Result<bool, storage::Error> result) {
          shard_.reactor().post([written, outcome, result = std::move(result)]() mutable {
            *outcome = std::move(result);
            written->set();
          });
        });
    co_await written->wait();
    if (!*outcome)
      co_return make_error(iq, Shard::condition_of(outcome->error()), "the account could not be stored");
    if (!**outcome) co_return make_error(iq, StanzaCondition::conflict, "this username is taken");
    shard_.log().info("account.registered", {{"account", account}});
    forget_at_owner(account);
    co_return make_result(iq);
  }

  // The owner shard may remember that there was no such account.
  void forget_at_owner(const Jid& account) {
    Shard& owner = *shard_.services().shards[shard_.services().map.owner(account.full()).shard];
    owner.reactor().post([&owner, account] { owner.accounts().forget(account.full()); });
  }

  static Task<void> change_password(std::shared_ptr<Registration> self, Jid account, std::uint32_t iterations,
                                    Secret password, IqReply reply) {
    auto credentials = co_await self->hash(password, iterations);
    Account* loaded = self->shard_.accounts().loaded(account.full());
    if (!credentials || loaded == nullptr) {
      co_return reply.error(StanzaCondition::resource_constraint, "the server is busy; try again");
    }
    self->shard_.write(
        *loaded, sizeof(sasl::Credentials),
        [owner = account.full(), kept = *credentials](storage::Stores& stores) {
          stores.accounts().set_credentials(owner, kept);
        },
        [self, account, kept = *credentials,
         answer = std::move(reply)](Result<void, storage::Error> result) mutable {
          if (!result)
            return answer.error(Shard::condition_of(result.error()), "the password could not be stored");
          if (Account* again = self->shard_.accounts().loaded(account.full()))
            again->record().credentials = kept;
          answer.result();
        });
  }

  // §3.2: the result comes first, then all sessions end.
  static void remove(Account& account, IqReply reply) {
    remove_account(account, [&shard = account.shard(), answer = std::move(reply)](auto result) mutable {
      if (!result)
        return answer.error(Shard::condition_of(result.error()), "the account could not be removed");
      const Jid asker(answer.request().from());
      Account* gone = shard.accounts().loaded(asker.view().bare());
      Session* session = gone != nullptr ? gone->session(asker.resource()) : nullptr;
      if (session != nullptr) session->send(make_result(answer.request()));
      answer.dismiss();
    });
  }

  Shard& shard_;
  LoginGuard guard_;  ///< counts new accounts per address
};

}  // namespace

Feature make_register(Shard& shard) {
  auto registration = std::make_shared<Registration>(shard);
  Feature feature{.name = "register",
                  .xeps = {"XEP-0077"},
                  .iq = {{"query", kRegister, Scope::own_account | Scope::host,
                          [registration](IqRequest& request) { registration->own_account(request); }}},
                  .disco = {{Scope::host | Scope::own_account, kRegister}}};
  feature.hooks.before_login.push_back(
      {0, [registration](const HostConfig* host, std::string address, Stanza& iq) {
         return registration->before_login(host, std::move(address), iq);
       }});
  feature.hooks.stream_features.push_back(
      {0, [](const HostConfig& host, StreamStage stage, bool, std::string& xml) {
         if (host.registration && stage == StreamStage::before_login) xml += kStreamFeature;
       }});
  return feature;
}

}  // namespace vestnik::features
