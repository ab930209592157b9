#include "server/gateways/mail/mime.h"

#include <fmt/format.h>
#include <gmime/gmime.h>

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <ctime>
#include <locale>
#include <memory>

#include "proto/base/utf8.h"

namespace vestnik::mail {
namespace {

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
struct Free {
  void operator()(char* text) const { g_free(text); }
};
template <typename T>
using Owned = std::unique_ptr<T, Unref>;
using Text = std::unique_ptr<char, Free>;

std::string to_string(const char* text) { return text == nullptr ? std::string{} : std::string(text); }
std::string take(char* text) { return to_string(Text(text).get()); }

Owned<GMimeMessage> parse(std::string_view bytes) {
  const Owned<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(bytes.data(), bytes.size()));
  const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  return Owned<GMimeMessage>(g_mime_parser_construct_message(parser.get(), nullptr));
}

std::string first_address(InternetAddressList* list) {
  if (list == nullptr || internet_address_list_length(list) == 0) return {};
  InternetAddress* first = internet_address_list_get_address(list, 0);
  if (!INTERNET_ADDRESS_IS_MAILBOX(first)) return {};
  return to_string(internet_address_mailbox_get_idn_addr(INTERNET_ADDRESS_MAILBOX(first)));
}

std::string without_brackets(std::string_view id) {
  const std::size_t begin = id.find('<');
  const std::size_t end = id.find('>');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return std::string(id);
  return std::string(id.substr(begin + 1, end - begin - 1));
}

// The decoded content of a part that is no text.
std::string content_of(GMimeObject* object) {
  if (!GMIME_IS_PART(object)) return {};
  GMimeDataWrapper* content = g_mime_part_get_content(GMIME_PART(object));
  if (content == nullptr) return {};
  const Owned<GMimeStream> stream(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(content, stream.get());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

void add_line(std::string& text, std::string_view line) {
  if (!text.empty()) text += '\n';
  text += line;
}

// The parts of a message in order; parts inside a forwarded message stay closed.
void read_part(GMimeObject* part, Mail& mail, bool& has_html) {
  if (GMIME_IS_MULTIPART(part)) {
    GMimeMultipart* parts = GMIME_MULTIPART(part);
    for (int index = 0; index < g_mime_multipart_get_count(parts); ++index) {
      read_part(g_mime_multipart_get_part(parts, index), mail, has_html);
    }
    return;
  }
  const char* name = GMIME_IS_PART(part) ? g_mime_part_get_filename(GMIME_PART(part)) : nullptr;
  if (GMIME_IS_TEXT_PART(part) && name == nullptr) {
    GMimeContentType* type = g_mime_object_get_content_type(part);
    if (g_mime_content_type_is_type(type, "text", "plain") != 0) {
      return add_line(mail.text, take(g_mime_text_part_get_text(GMIME_TEXT_PART(part))));
    }
    has_html = true;
    return;
  }
  GMimeContentType* type = g_mime_object_get_content_type(part);
  const std::string kind = type == nullptr ? "" : take(g_mime_content_type_get_mime_type(type));
  add_line(mail.text, fmt::format("[attachment: {}{}{}]", name == nullptr ? "" : name,
                                  name == nullptr ? "" : ", ", kind));
}

// Lines end by one character in XMPP; what is behind the last line is of no use.
std::string tidy(std::string text) {
  std::erase(text, '\r');
  while (text.ends_with('\n') || text.ends_with(' ')) text.pop_back();
  return is_valid_utf8(text) ? text : std::string{};
}

// The value of a field in a block of them, without its kind (`smtp; 550 …`).
std::string field_of(std::string_view block, std::string_view name) {
  std::string value;
  bool found = false;
  for (std::size_t at = 0; at < block.size();) {
    const std::size_t end = std::min(block.find('\n', at), block.size());
    std::string_view line = block.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at = end + 1;
    if (found && !line.starts_with(' ') && !line.starts_with('\t')) break;
    const std::size_t text = line.find_first_not_of(" \t");
    if (found && text != std::string_view::npos) value.append(" ").append(line.substr(text));
    if (!found && line.size() > name.size() && line[name.size()] == ':' &&
        boost::algorithm::istarts_with(line, name, std::locale::classic())) {
      found = true;
      value = line.substr(name.size() + 1);
    }
  }
  const std::size_t semicolon = value.find(';');
  if (semicolon != std::string::npos) value.erase(0, semicolon + 1);
  const std::size_t begin = value.find_first_not_of(" \t");
  return begin == std::string::npos ? std::string{} : value.substr(begin);
}

}  // namespace

void initialize_mime() { g_mime_init(); }

std::string compose(const Mail& mail) {
  const Owned<GMimeMessage> message(g_mime_message_new(1));
  g_mime_message_add_mailbox(message.get(), GMIME_ADDRESS_TYPE_FROM, nullptr, mail.from.c_str());
  g_mime_message_add_mailbox(message.get(), GMIME_ADDRESS_TYPE_TO, nullptr, mail.to.c_str());
  if (!mail.subject.empty()) g_mime_message_set_subject(message.get(), mail.subject.c_str(), "utf-8");
  g_mime_message_set_message_id(message.get(), mail.message_id.c_str());
  const std::unique_ptr<GDateTime, decltype(&g_date_time_unref)> now(g_date_time_new_now_utc(),
                                                                     &g_date_time_unref);
  g_mime_message_set_date(message.get(), now.get());
  const Owned<GMimeTextPart> part(g_mime_text_part_new_with_subtype("plain"));
  g_mime_text_part_set_charset(part.get(), "utf-8");
  g_mime_text_part_set_text(part.get(), mail.text.c_str());
  g_mime_part_set_content_encoding(GMIME_PART(part.get()), GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
  g_mime_message_set_mime_part(message.get(), GMIME_OBJECT(part.get()));

  const std::unique_ptr<GMimeFormatOptions, decltype(&g_mime_format_options_free)> format(
      g_mime_format_options_new(), &g_mime_format_options_free);
  g_mime_format_options_set_newline_format(format.get(), GMIME_NEWLINE_FORMAT_DOS);
  return take(g_mime_object_to_string(GMIME_OBJECT(message.get()), format.get()));
}

Mail read_mail(std::string_view message) {
  Mail mail;
  const Owned<GMimeMessage> parsed = parse(message);
  if (!parsed) {
    mail.text = "[a message that cannot be read]";
    return mail;
  }
  mail.from = first_address(g_mime_message_get_from(parsed.get()));
  mail.to = first_address(g_mime_message_get_to(parsed.get()));
  mail.subject = tidy(to_string(g_mime_message_get_subject(parsed.get())));
  mail.message_id = to_string(g_mime_message_get_message_id(parsed.get()));
  bool has_html = false;
  if (GMimeObject* part = g_mime_message_get_mime_part(parsed.get())) read_part(part, mail, has_html);
  if (mail.text.empty() && has_html) mail.text = "[a message in HTML only]";
  mail.text = tidy(std::move(mail.text));
  return mail;
}

std::optional<Report> read_report(std::string_view message) {
  const Owned<GMimeMessage> parsed = parse(message);
  GMimeObject* root = parsed ? g_mime_message_get_mime_part(parsed.get()) : nullptr;
  if (root == nullptr || !GMIME_IS_MULTIPART(root)) return {};
  GMimeContentType* type = g_mime_object_get_content_type(root);
  if (g_mime_content_type_is_type(type, "multipart", "report") == 0) return {};
  Report report;
  bool failed = false;
  GMimeMultipart* parts = GMIME_MULTIPART(root);
  for (int index = 0; index < g_mime_multipart_get_count(parts); ++index) {
    GMimeObject* part = g_mime_multipart_get_part(parts, index);
    GMimeContentType* kind = g_mime_object_get_content_type(part);
    if (g_mime_content_type_is_type(kind, "message", "delivery-status") != 0) {
      const std::string status = content_of(part);
      // The second block is about the recipient; its fields are nowhere else.
      failed = field_of(status, "Action").starts_with("failed");
      report.reason = tidy(field_of(status, "Diagnostic-Code"));
      if (report.reason.empty()) report.reason = tidy(field_of(status, "Status"));
    } else if (GMIME_IS_MESSAGE_PART(part)) {
      GMimeMessage* original = g_mime_message_part_get_message(GMIME_MESSAGE_PART(part));
      if (original != nullptr) report.message_id = to_string(g_mime_message_get_message_id(original));
    } else if (g_mime_content_type_is_type(kind, "text", "rfc822-headers") != 0) {
      report.message_id = without_brackets(field_of(content_of(part), "Message-ID"));
    }
  }
  return failed ? std::optional(std::move(report)) : std::nullopt;
}

}  // namespace vestnik::mail
