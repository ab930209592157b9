#include "server/gateways/mail/address.h"

#include <algorithm>

#include "proto/jid/escape.h"

namespace vestnik::mail {
namespace {

// What must not come into an SMTP command or a header by way of an address.
bool is_harmless(std::string_view address) {
  return std::ranges::none_of(address, [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte <= ' ' || byte == 0x7f || letter == '<' || letter == '>';
  });
}

// The parts at the last `separator`; empty if either would be.
std::pair<std::string_view, std::string_view> split(std::string_view text, char separator) {
  const std::size_t at = text.rfind(separator);
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) return {};
  return {text.substr(0, at), text.substr(at + 1)};
}

}  // namespace

std::optional<Jid> contact_of(std::string_view address, std::string_view gateway) {
  const auto [local, domain] = split(address, '@');
  if (local.empty() || !is_harmless(address)) return {};
  const auto jid = Jid::from_parts(jid_escape(std::string(local).append("%").append(domain)), gateway);
  return jid ? std::optional(*jid) : std::nullopt;
}

std::string address_of(JidView contact) {
  const std::string text = jid_unescape(contact.local());
  const auto [local, domain] = split(text, '%');
  std::string address = local.empty() ? "" : std::string(local).append("@").append(domain);
  return is_harmless(address) ? address : "";
}

std::string address_of_user(JidView user, std::string_view mail_domain) {
  std::string address(user.local());
  return address.append("%").append(user.domain()).append("@").append(mail_domain);
}

std::optional<Jid> user_of(std::string_view address, std::string_view mail_domain) {
  const auto [local, domain] = split(address, '@');
  const auto prepared = prepare_domain(domain);
  if (!prepared || *prepared != mail_domain) return {};
  const auto [name, host] = split(local, '%');
  const auto user = Jid::from_parts(name, host);
  return user && user->has_local() ? std::optional(*user) : std::nullopt;
}

}  // namespace vestnik::mail
