#include "proto/sasl/exchange.h"

#include <gsasl.h>

#include <new>
#include <utility>

#include "proto/base/base64.h"

namespace vestnik::sasl {
namespace {

Failure failure_of(int gsasl_error) {
  switch (gsasl_error) {
    case GSASL_MECHANISM_PARSE_ERROR:
    case GSASL_BASE64_ERROR: return malformed("SCRAM's message is malformed.");
    case GSASL_AUTHENTICATION_ERROR: return bad_credentials();
    default: return {FailureCondition::temporary_auth_failure, {}};
  }
}

Gsasl_property property_of(ChannelBindingType type) {
  return type == ChannelBindingType::tls_exporter ? GSASL_CB_TLS_EXPORTER : GSASL_CB_TLS_UNIQUE;
}

}  // namespace

Context::Context() {
  Gsasl* gsasl = nullptr;
  if (gsasl_init(&gsasl) != GSASL_OK) throw std::bad_alloc();
  gsasl_.reset(gsasl);
}

void Context::Deleter::operator()(Gsasl* gsasl) const { gsasl_done(gsasl); }
void Exchange::Deleter::operator()(Gsasl_session* session) const { gsasl_finish(session); }

Exchange::Exchange(const Context& context, FirstMessage first, Facts facts)
    : context_(&context), first_(std::move(first)), facts_(std::move(facts)) {}

Step Exchange::begin() {
  if (is_scram(first_.mechanism)) {
    if (!start_session()) return failure_of(GSASL_MALLOC_ERROR);
    return advance(first_.bytes);
  }
  if (!facts_.accepted) return bad_credentials();
  return Success{.data = {}, .identity = std::move(facts_.identity)};
}

Step Exchange::answer(std::string_view message) {
  if (!session_) return malformed("No answer was asked for.");
  if (message.contains('\0')) {  // gsasl would read up to it
    session_.reset();
    return malformed("SCRAM's messages contain no NUL.");
  }
  return advance(message);
}

bool Exchange::start_session() {
  Gsasl_session* session = nullptr;
  const std::string mechanism(to_string(first_.mechanism));
  if (gsasl_server_start(context_->gsasl_.get(), mechanism.c_str(), &session) != GSASL_OK) {
    return false;
  }
  session_.reset(session);
  const auto set = [session](Gsasl_property property, const std::string& value) {
    return gsasl_property_set(session, property, value.c_str()) == GSASL_OK;
  };
  // Base64, whatever gsasl.h says of hexadecimal.
  const ScramKeys& keys = facts_.keys;
  const auto& binding = facts_.channel_binding;
  return set(GSASL_SCRAM_ITER, std::to_string(keys.iterations)) &&
         set(GSASL_SCRAM_SALT, base64_encode(keys.salt)) &&
         set(GSASL_SCRAM_STOREDKEY, base64_encode(keys.stored_key)) &&
         set(GSASL_SCRAM_SERVERKEY, base64_encode(keys.server_key)) &&
         (!binding || set(property_of(binding->type), base64_encode(binding->data)));
}

Step Exchange::advance(std::string_view message) {
  char* text = nullptr;
  std::size_t size = 0;
  const int rc = gsasl_step(session_.get(), message.data(), message.size(), &text, &size);
  const std::unique_ptr<char, decltype(&gsasl_free)> owner(text, &gsasl_free);
  if (rc == GSASL_NEEDS_MORE) return Challenge{std::string(text, size)};
  session_.reset();
  if (rc == GSASL_OK) return Success{.data = std::string(text, size), .identity = std::move(facts_.identity)};
  return failure_of(rc);
}

}  // namespace vestnik::sasl
