#pragma once
#include <string>

namespace vestnik::mail {

/// How mail leaves: a server that takes it from us (RFC 6409).
struct SubmissionServer {
  std::string url = "smtp://127.0.0.1:25";  ///< `smtp://` or `smtps://`, with the port
  std::string user;                         ///< empty: no authentication
  std::string password;
  bool tls_required = false;  ///< with `smtp://`: nothing is sent without STARTTLS
  long timeout_seconds = 60;  ///< for one message
};

/// What became of a message.
struct Outcome {
  int code = 0;        ///< of the server's last refusal; 0: there was none
  std::string reason;  ///< that reply, or what else went wrong
  bool sent = false;
};

/// Once, before any other thread runs.
void initialize_submission();

/// Sends a complete message to one recipient. Blocks for as long as that takes: any thread but the
/// gateway's.
Outcome submit(const SubmissionServer& server, const std::string& sender, const std::string& recipient,
               const std::string& message);

}  // namespace vestnik::mail
