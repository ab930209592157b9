#pragma once
#include <signal.h>
#include <sys/types.h>

#include <string>

#include "tests/unit/config/temp_dir.h"

namespace vestnik::storage {

/// A PostgreSQL server of the test's own, from Debian's package: a new cluster in a temporary folder that
/// answers on a Unix socket there and nowhere else. PostgreSQL refuses to run as root, whose tests have the
/// user `postgres` run it.
class Cluster {
 public:
  Cluster();
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// A place in its database where nothing is yet: a schema of its own.
  std::string new_url();
  /// The database as such.
  std::string url() const;

  /// Returns when it accepts connections.
  void start();
  /// SIGINT ends it in order, SIGQUIT as a crash does. Returns when it has ended.
  void stop(int signal = SIGINT);

 private:
  TempDir dir_;
  pid_t process_ = 0;
  int schemas_ = 0;
};

/// The one that all tests of a program share, started at the first use.
Cluster& cluster();

}  // namespace vestnik::storage
