// XEP-0092: says which software this is.
#include <sys/utsname.h>

#include "core/config/version.h"
#include "proto/xml/writer.h"
#include "shard/features/list.h"
#include "shard/shard.h"

namespace vestnik::features {
namespace {

constexpr std::string_view kVersion = "jabber:iq:version";

std::string operating_system() {
  utsname names{};
  return uname(&names) == 0 ? std::string(names.sysname) + ' ' + names.release : std::string();
}

}  // namespace

Feature make_version(Shard& shard) {
  std::string answer;
  xml::Writer w(answer);
  w.open("query", kVersion).leaf("name", "Vestnik").leaf("version", version());
  if (shard.config().features.at("version").get<bool>("show_os")) w.leaf("os", operating_system());
  w.close();
  return {.name = "version",
          .xeps = {"XEP-0092"},
          .iq = {{"query", kVersion, Scope::host, [answer](IqRequest& request) { request.result(answer); },
                  IqVerbs::get}},
          .disco = {{Scope::host, kVersion}}};
}

}  // namespace vestnik::features
