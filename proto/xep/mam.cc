#include "proto/xep/mam.h"

#include <array>
#include <memory>
#include <utility>

#include "proto/base/datetime.h"
#include "proto/xep/forward.h"
#include "proto/xml/ns.h"
#include "proto/xml/writer.h"

namespace vestnik::mam {
namespace {

using Time = std::chrono::system_clock::time_point;

constexpr std::string_view kTextField = "{urn:xmpp:fulltext:0}fulltext";

StanzaReject bad_request(std::string text) { return {StanzaCondition::bad_request, std::move(text)}; }

/// Reads the fields of the form one by one into a query.
class FormReader {
 public:
  FormReader(Query& query, TextSearch search) : query_(query), search_(search) {}

  Result<void, StanzaReject> read(xml::Element form) {
    for (const xml::Element field : form.children()) {
      if (field.name() != "field") continue;
      if (auto done = read_field(field); !done) return done;
    }
    if (!typed_) return Err(bad_request("the form has no FORM_TYPE"));
    return {};
  }

 private:
  Result<void, StanzaReject> read_field(xml::Element field) {
    const std::string_view var = field.attr_or_empty("var");
    const xml::Element given = field.child("value");
    if (!given) return {};  // who fills in a form may leave fields open
    const std::string value = given.text();
    if (var == "FORM_TYPE") return read_type(value);
    if (var == "with") return read_with(value);
    if (var == "start") return read_time(query_.start, value);
    if (var == "end") return read_time(query_.end, value);
    if (var == "ids") return read_ids(field);
    if (var == kTextField && search_ == TextSearch::on) {
      query_.text = value;
    } else if (var == "after-id") {
      query_.after_id = value;
    } else if (var == "before-id") {
      query_.before_id = value;
    } else if (var != "include-groupchat") {  // the archives of users have none, wanted or not
      return Err(StanzaReject{StanzaCondition::feature_not_implemented, "unknown field"});
    }
    return {};
  }

  Result<void, StanzaReject> read_type(std::string_view value) {
    if (value != ns::kArchive) return Err(bad_request("this is another form"));
    typed_ = true;
    return {};
  }

  Result<void, StanzaReject> read_with(std::string_view value) {
    auto jid = Jid::parse(value);
    if (!jid) return Err(StanzaReject{StanzaCondition::jid_malformed, std::string(to_string(jid.error()))});
    query_.with = std::move(*jid);
    return {};
  }

  static Result<void, StanzaReject> read_time(std::optional<Time>& target, std::string_view value) {
    target = parse_datetime(value);
    if (!target) return Err(bad_request("this is no time as XEP-0082 has it"));
    return {};
  }

  Result<void, StanzaReject> read_ids(xml::Element field) {
    query_.ids.emplace();
    for (const xml::Element value : field.children()) {
      if (value.name() == "value") query_.ids->push_back(value.text());
    }
    return {};
  }

  Query& query_;
  TextSearch search_;
  bool typed_ = false;
};

}  // namespace

bool worth_archiving(const Stanza& message) {
  const bool conversation =
      message.is_message() && (message.type() == StanzaType::chat || message.type() == StanzaType::normal);
  if (!conversation || message.has(Mark::no_store) || message.has(Mark::no_permanent_store)) return false;
  constexpr std::array kMeaningful{Mark::body,    Mark::encrypted, Mark::store,
                                   Mark::subject, Mark::invite,    Mark::retract};
  for (const Mark mark : kMeaningful) {
    if (message.has(mark)) return true;
  }
  // Invitations that a room passes on.
  return message.type() == StanzaType::normal && message.has(Mark::muc_user);
}

Result<Query, StanzaReject> parse_query(xml::Element element, TextSearch search) {
  Query query;
  query.query_id = element.attr_or_empty("queryid");
  query.flipped = static_cast<bool>(element.child("flip-page"));
  if (const xml::Element form = element.child("x", ns::kDataForms)) {
    if (form.attr_or_empty("type") != "submit") return Err(bad_request("the form is not submitted"));
    if (auto read = FormReader(query, search).read(form); !read) return Err(std::move(read.error()));
  }
  auto page = rsm::parse(element);
  if (!page) return Err(std::move(page.error()));
  query.page = std::move(*page);
  return query;
}

std::string query_form(TextSearch search) {
  std::string xml;
  xml::Writer writer(xml);
  const auto field = [&](std::string_view type, std::string_view var) {
    writer.open("field").attr("type", type).attr("var", var).close();
  };
  writer.open("query", ns::kArchive).open("x", ns::kDataForms).attr("type", "form");
  writer.open("field").attr("type", "hidden").attr("var", "FORM_TYPE").leaf("value", ns::kArchive).close();
  field("jid-single", "with");
  field("text-single", "start");
  field("text-single", "end");
  field("text-single", "before-id");
  field("text-single", "after-id");
  writer.open("field").attr("type", "list-multi").attr("var", "ids");
  writer.open("validate", "http://jabber.org/protocol/xdata-validate").attr("datatype", "xs:string");
  writer.open("open").close().close().close();
  field("boolean", "include-groupchat");
  if (search == TextSearch::on) field("text-single", kTextField);
  writer.close().close();
  return xml;
}

std::string searchable_text(std::string_view message) {
  const auto stanza = Stanza::from_stored(message);
  if (!stanza || stanza->has(Mark::encrypted)) return {};
  const auto document = std::make_unique<xml::Document>();
  std::string text;
  for (const xml::Element child : document->parse(stanza->wire()).children()) {
    if (child.is("body", ns::kClient) || child.is("subject", ns::kClient)) text += child.text() + "\n";
  }
  return text;
}

std::string result(const ResultHead& head, std::string_view message, std::string_view appended) {
  std::string delay;
  xml::Writer(delay)
      .open("delay", ns::kDelay)
      .attr("stamp", format_utc(head.received, Fraction::milliseconds))
      .close();
  std::string xml;
  xml.reserve(message.size() + appended.size() + 400);
  xml::Writer writer(xml);
  writer.open("result", ns::kArchive).attr_if("queryid", head.query_id).attr("id", head.id);
  write_forwarded(writer, message, appended, delay);
  writer.close();
  return xml;
}

std::string fin(std::string_view first, std::string_view last, bool complete) {
  std::string xml;
  xml::Writer writer(xml);
  writer.open("fin", ns::kArchive);
  if (complete) writer.attr("complete", "true");
  rsm::write(writer, first, last);
  writer.close();
  return xml;
}

std::string metadata(const End& first, const End& last) {
  std::string xml;
  xml::Writer writer(xml);
  const auto end = [&](std::string_view name, const End& end) {
    writer.open(name)
        .attr("id", end.id)
        .attr("timestamp", format_utc(end.received, Fraction::milliseconds))
        .close();
  };
  writer.open("metadata", ns::kArchive);
  end("start", first);
  end("end", last);
  writer.close();
  return xml;
}

std::string empty_metadata() {
  std::string xml;
  xml::Writer(xml).open("metadata", ns::kArchive).close();
  return xml;
}

}  // namespace vestnik::mam
