#include "server/gateways/mail/submission.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <string_view>

namespace vestnik::mail {
namespace {

struct Upload {
  std::string_view rest;
};

std::size_t read_message(char* buffer, std::size_t size, std::size_t count, void* upload) {
  std::string_view& rest = static_cast<Upload*>(upload)->rest;
  const std::size_t taken = rest.copy(buffer, size * count);
  rest.remove_prefix(taken);
  return taken;
}

// RFC 5321 §4.2.1: replies from here on are refusals.
constexpr int kFirstRefusal = 400;

// A line of a reply of the server. The last refusal is kept, for what comes behind it is a farewell.
std::size_t on_reply(char* line, std::size_t size, std::size_t count, void* outcome) {
  std::string_view text(line, size * count);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  auto& reply = *static_cast<Outcome*>(outcome);
  int code = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), code);
  if (parsed.ec == std::errc{} && code >= kFirstRefusal) {
    reply.code = code;
    reply.reason = text;
  }
  return size * count;
}

}  // namespace

void initialize_submission() { curl_global_init(CURL_GLOBAL_DEFAULT); }

Outcome submit(const SubmissionServer& server, const std::string& sender, const std::string& recipient,
               const std::string& message) {
  Outcome outcome;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients(
      curl_slist_append(nullptr, fmt::format("<{}>", recipient).c_str()), &curl_slist_free_all);
  if (!curl || !recipients) return outcome;
  Upload upload{message};
  const auto set = [&curl](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
  set(CURLOPT_URL, server.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_USE_SSL, static_cast<long>(server.tls_required ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  if (!server.user.empty()) {
    set(CURLOPT_USERNAME, server.user.c_str());
    set(CURLOPT_PASSWORD, server.password.c_str());
  }
  set(CURLOPT_MAIL_FROM, fmt::format("<{}>", sender).c_str());
  set(CURLOPT_MAIL_RCPT, recipients.get());
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &read_message);
  set(CURLOPT_READDATA, &upload);
  set(CURLOPT_HEADERFUNCTION, &on_reply);
  set(CURLOPT_HEADERDATA, &outcome);
  set(CURLOPT_TIMEOUT, server.timeout_seconds);
  set(CURLOPT_NOSIGNAL, 1L);
  const CURLcode result = curl_easy_perform(curl.get());
  outcome.sent = result == CURLE_OK;
  if (!outcome.sent && outcome.code == 0) outcome.reason = curl_easy_strerror(result);
  return outcome;
}

}  // namespace vestnik::mail
