#pragma once
#include <boost/asio/signal_set.hpp>
#include <filesystem>
#include <functional>
#include <thread>

#include "core/runtime/event.h"
#include "core/runtime/reactor.h"
#include "core/runtime/task_scope.h"
#include "server/admin/account_commands.h"
#include "server/admin/command_table.h"
#include "server/admin/component_commands.h"
#include "server/admin/context.h"
#include "server/admin/control_server.h"
#include "server/admin/process_commands.h"
#include "server/admin/s2s_commands.h"
#include "server/admin/session_commands.h"
#include "server/heap_trimmer.h"
#include "server/notify.h"

namespace vestnik {

/// The thread that serves the control socket, signals, the watchdog and the heap: nothing it waits for can
/// hold up a shard, and a stuck shard cannot hold it up.
class ControlThread {
 public:
  /// `socket`, `services` and `process` must outlive refuse_commands(), the rest the thread.
  ControlThread(Log& log, const ServiceNotifier& notifier, const Services& services, admin::Process& process,
                admin::ControlSocket& socket);
  /// As stop().
  ~ControlThread();
  ControlThread(const ControlThread&) = delete;
  ControlThread& operator=(const ControlThread&) = delete;

  Reactor& reactor() { return reactor_; }

  void start();
  /// Commands that come from now on are answered "try again". Those that run go on.
  void refuse_commands();
  /// Closes all connections and ends the thread. Whatever commands wait for must have come, or been dropped,
  /// before.
  void stop();

 private:
  using Signals = boost::asio::basic_signal_set<Executor>;

  Task<void> watch_signals();
  Task<void> reload_by_signal();
  Task<void> feed_watchdog(std::chrono::milliseconds interval);
  void cut_connections();

  Log& log_;
  const ServiceNotifier& notifier_;
  admin::Process& process_;
  Reactor reactor_;
  TaskScope scope_;
  admin::AdminContext context_;
  admin::CommandTable table_;
  admin::AccountCommands account_commands_;
  admin::SessionCommands session_commands_;
  admin::S2sCommands s2s_commands_;
  admin::ComponentCommands component_commands_;
  admin::ProcessCommands process_commands_;
  admin::ControlServer server_;
  Signals signals_;
  Event watchdog_due_;
  Timer watchdog_timer_;
  HeapTrimmer heap_trimmer_;
  bool closing_ = false;
  bool stop_requested_ = false;
  std::thread thread_;
};

}  // namespace vestnik
