#include "server/ctl/storage_commands.h"

#include <boost/json/array.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/storage/copy/copy.h"
#include "core/storage/location.h"
#include "core/storage/storage.h"

namespace vestnik::ctl {
namespace {

using admin::ArgumentType;

constexpr std::string_view kCopy = "storage copy";
constexpr std::string_view kMigrate = "storage migrate";

std::string place_of(const std::string& argument) {
  return storage::is_postgresql(argument) ? argument : std::filesystem::absolute(argument).string();
}

admin::json::object copy(const admin::Arguments& arguments) {
  admin::json::array tables;
  for (const auto& [name, rows] :
       storage::copy_storage(place_of(arguments.at("from")), place_of(arguments.at("to")))) {
    tables.push_back(admin::json::object{{"table", name}, {"rows", rows}});
  }
  return {{"copied", std::move(tables)}};
}

admin::json::object migrate(const admin::Arguments& arguments) {
  StorageConfig config;
  config.path = place_of(arguments.at("storage"));
  storage::open_storage(config, {});
  return {{"storage", "ready"}};
}

}  // namespace

std::span<const admin::CommandSpec> storage_specs() {
  static const std::vector<admin::CommandSpec> specs{
      {kCopy,
       "Copy everything from one storage to another, which must be new; no server may be using either.",
       {{"from", ArgumentType::text, "SQLite file or postgresql:// URL"},
        {"to", ArgumentType::text, "SQLite file or postgresql:// URL"}}},
      {kMigrate,
       "Create a storage, or bring it to the schema of this version; no server may be using it.",
       {{"storage", ArgumentType::text, "SQLite file or postgresql:// URL"}}},
  };
  return specs;
}

admin::Reply run_storage_command(const admin::Request& request) {
  admin::json::object result;
  const auto outcome = storage::guarded(
      [&] { result = request.command == kCopy ? copy(request.arguments) : migrate(request.arguments); });
  if (!outcome) return Err(admin::CommandError{"storage", outcome.error().text});
  return result;
}

}  // namespace vestnik::ctl
