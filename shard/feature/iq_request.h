#pragma once
#include <string>
#include <string_view>

#include "core/config/config.h"
#include "proto/stanza/stanza.h"
#include "proto/xml/document.h"
#include "shard/receipts/receipt.h"

namespace vestnik {

class Account;
class Session;
class Shard;

/// The right to answer one iq later: a handler that waits for storage takes it by IqRequest::defer() and
/// moves it into its callback. Dropped unanswered it answers `internal-server-error` itself, so that every
/// request is answered exactly once (RFC 6120 §8.2.3), unless the shard is stopping. Until then it keeps a
/// part of the client's stanza. The shard's thread only.
class IqReply {
 public:
  IqReply(Shard& shard, Stanza request);
  IqReply(IqReply&& other) noexcept;
  IqReply& operator=(IqReply&&) = delete;
  IqReply(const IqReply&) = delete;
  ~IqReply();

  /// `payload`: one serialised child element, or nothing.
  void result(std::string_view payload = {});
  /// `app`: a serialised application-specific condition.
  void error(StanzaCondition condition, std::string_view text = {}, std::string_view app = {});

  /// The answer was given by other means.
  void dismiss() { shard_ = nullptr; }

  const Stanza& request() const { return request_; }

 private:
  void answer(Stanza reply);
  Shard* shard_;  ///< null: answered
  Stanza request_;
  Receipt receipt_;
};

/// One iq get or set on its way through a handler (Feature::iq). Valid during the handler's call only.
class IqRequest {
 public:
  IqRequest(Shard& shard, const HostConfig& host, Account* account, Session* session, Stanza stanza,
            xml::Element payload)
      : shard_(shard),
        host_(host),
        account_(account),
        session_(session),
        stanza_(std::move(stanza)),
        payload_(payload) {}

  Shard& shard() { return shard_; }
  /// The virtual host that is asked, or whose account is.
  const HostConfig& host() const { return host_; }
  /// The account that is asked; null if the host is.
  Account* account() { return account_; }
  /// The sender's session if the sender asks its own account, else null.
  Session* session() { return session_; }
  const Stanza& stanza() const { return stanza_; }
  bool is_set() const { return stanza_.type() == StanzaType::set; }
  JidView from() const { return stanza_.from(); }
  /// The one child element.
  xml::Element payload() const { return payload_; }

  /// Exactly one of these three ends the request.
  void result(std::string_view payload = {});
  void error(StanzaCondition condition, std::string_view text = {}, std::string_view app = {});
  IqReply defer();
  bool answered() const { return answered_; }

 private:
  Shard& shard_;
  const HostConfig& host_;
  Account* account_;
  Session* session_;
  Stanza stanza_;
  xml::Element payload_;
  bool answered_ = false;
};

}  // namespace vestnik
