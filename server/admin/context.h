#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/runtime/reactor.h"
#include "proto/base/result.h"
#include "shard/services.h"

namespace vestnik::admin {

/// What commands may do to the process as a whole; the app implements it. The control thread only.
class Process {
 public:
  virtual ~Process() = default;

  /// The configuration in force.
  virtual std::shared_ptr<const Config> config() const = 0;
  /// Begins an orderly stop.
  virtual void request_stop() = 0;
  /// Reads the configuration again and returns when every shard has it: the keys that need a restart, or what
  /// is wrong, in which case nothing has changed.
  virtual Task<Result<std::vector<std::string>, std::string>> reload() = 0;
};

/// What the commands work with; outlives them.
struct AdminContext {
  Reactor& reactor;  ///< of the control thread, on which handlers run
  const Services& services;
  Process& process;
};

}  // namespace vestnik::admin
