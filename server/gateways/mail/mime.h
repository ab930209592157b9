#pragma once
#include <optional>
#include <string>
#include <string_view>

/// E-mail messages as text, by GMime.
namespace vestnik::mail {

/// What of a message goes over to the other network.
struct Mail {
  std::string from;  ///< the address alone
  std::string to;    ///< likewise
  std::string subject;
  std::string text;
  std::string message_id;  ///< without < >
};

/// What a mail server says of a message that it could not deliver (RFC 3464).
struct Report {
  std::string message_id;  ///< of the message, without < >; may be empty
  std::string reason;      ///< in the words of the server that refused it
};

/// Once, before any other thread runs.
void initialize_mime();

/// A complete message (RFC 5322), lines ended by CRLF.
std::string compose(const Mail& mail);

/// Reads a message: its plain text, and a line for each attachment. Whatever was sent, something comes of it.
Mail read_mail(std::string_view message);

/// The report that a message is, if it is one of a failure.
std::optional<Report> read_report(std::string_view message);

}  // namespace vestnik::mail
