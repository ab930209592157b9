#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/config/config.h"
#include "core/log/log.h"
#include "core/runtime/reactor.h"
#include "server/admin/command_spec.h"
#include "server/admin/protocol.h"

namespace vestnik::admin {

/// Does what a command says. Arguments have been checked: the required ones are there, addresses are
/// canonical, accounts and hosts are of domains served here. A coroutine of the control thread.
using Handler = std::function<Task<Reply>(Arguments)>;

/// The commands with their handlers. The control thread only.
class CommandTable {
 public:
  using ConfigSource = std::function<std::shared_ptr<const Config>()>;

  CommandTable(Log& log, ConfigSource config) : log_(log), config_(std::move(config)) {}

  /// Throws std::logic_error for a name that command_specs() does not have, or that is bound already.
  void bind(std::string_view name, Handler handler);
  /// Throws std::logic_error if a command has no handler.
  void check_complete() const;

  /// From now on run() refuses.
  void close() { closed_ = true; }
  /// Checks the arguments and runs the command.
  Task<Reply> run(Request request) const;

 private:
  Log& log_;
  ConfigSource config_;
  std::map<std::string, Handler, std::less<>> handlers_;
  bool closed_ = false;
};

/// Brings the arguments of `spec` into the form that handlers expect, or says what is wrong with them.
Result<void, CommandError> check_arguments(const CommandSpec& spec, const Config& config,
                                           Arguments& arguments);

}  // namespace vestnik::admin
