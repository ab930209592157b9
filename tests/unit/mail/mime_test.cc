#include "server/gateways/mail/mime.h"

#include <doctest/doctest.h>

#include <string>

namespace vestnik::mail {
namespace {

const bool kInitialized = [] {
  initialize_mime();
  return true;
}();

std::string crlf(std::string text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "\r\n");
  return text;
}

}  // namespace

TEST_CASE("what is composed can be read") {
  const Mail mail{.from = "juliet%example.org@mail.localhost",
                  .to = "nurse@example.net",
                  .subject = "Привет",
                  .text = "Good nurse,\n.\n\nwhat says he? Ünïcode = yes",
                  .message_id = "id@mail.localhost"};
  const std::string text = compose(mail);
  CHECK(text.find("\r\n\r\n") != std::string::npos);
  CHECK(text.find("From: juliet%example.org@mail.localhost\r\n") != std::string::npos);
  const Mail read = read_mail(text);
  CHECK(read.from == mail.from);
  CHECK(read.to == mail.to);
  CHECK(read.subject == mail.subject);
  CHECK(read.text == mail.text);
  CHECK(read.message_id == mail.message_id);
  CHECK_FALSE(read_report(text));
}

TEST_CASE("header lines cannot be smuggled in by a subject") {
  const std::string text = compose({.from = "a@b.example",
                                    .to = "c@d.example",
                                    .subject = "one\r\nBcc: e@f.example",
                                    .text = "x",
                                    .message_id = "i@b.example"});
  CHECK(text.find("\nBcc:") == std::string::npos);
}

TEST_CASE("alternatives, attachments and HTML alone") {
  const Mail rich =
      read_mail(crlf("From: Nurse <nurse@example.net>\nTo: a@b.example\nSubject: s\n"
                     "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"
                     "--x\nContent-Type: multipart/alternative; boundary=y\n\n"
                     "--y\nContent-Type: text/plain; charset=iso-8859-1\n\ncaf\xe9\n"
                     "--y\nContent-Type: text/html\n\n<p>caf\xe9</p>\n--y--\n"
                     "--x\nContent-Type: image/png; name=map.png\n"
                     "Content-Disposition: attachment; filename=map.png\n\nabc\n--x--\n"));
  CHECK(rich.from == "nurse@example.net");
  CHECK(rich.text == "café\n[attachment: map.png, image/png]");
  const Mail html = read_mail(crlf("From: a@b.example\nContent-Type: text/html\n\n<p>x</p>\n"));
  CHECK(html.text == "[a message in HTML only]");
}

TEST_CASE("whatever comes, something is made of it") {
  for (const std::string_view text : {"", "\r\n", "no header at all", "From: \xff\xfe\r\n\r\n\xff\xfe",
                                      "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x\r\n"}) {
    const Mail mail = read_mail(text);
    CHECK(mail.from.empty());
    CHECK_FALSE(read_report(text));
  }
}

TEST_CASE("a report of a failure names message and reason") {
  const auto report = read_report(crlf(
      "From: MAILER-DAEMON@example.net\nSubject: Undelivered\nMIME-Version: 1.0\n"
      "Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n"
      "--x\nContent-Type: text/plain\n\nsorry\n"
      "--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
      "Final-Recipient: rfc822; nurse@example.net\nAction: failed\nStatus: 5.1.1\n"
      "Diagnostic-Code: smtp; 550 5.1.1 no such\n \t\n    nurse here\n\n"
      "--x\nContent-Type: text/rfc822-headers\n\nFrom: a@b.example\nMessage-ID: <the-id@mail.localhost>\n\n"
      "--x--\n"));
  REQUIRE(report);
  CHECK(report->message_id == "the-id@mail.localhost");
  CHECK(report->reason == "550 5.1.1 no such nurse here");
}

TEST_CASE("a report of a delay is no failure") {
  CHECK_FALSE(read_report(
      crlf("Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n"
           "--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
           "Final-Recipient: rfc822; nurse@example.net\nAction: delayed\nStatus: 4.4.1\n\n--x--\n")));
}

}  // namespace vestnik::mail
