#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "bench/xmpp/target.h"
#include "proto/base/result.h"

namespace vestnik::bench {

/// What every scenario can be told; its own options are with its Plan.
struct Options {
  Target target;
  std::string peer_domain;  ///< of a second server, where the users with odd numbers are; empty: none
  Target peer;              ///< that server, after finish()
  bool has_peer() const { return !peer_domain.empty(); }

  std::size_t users = 1'000;
  std::size_t first_user = 0;  ///< number of the first one in the pattern
  std::string user_pattern = "bench%d";
  std::string password = "bench";
  std::string accounts_file;  ///< lines `user password`, instead of the pattern
  bool register_accounts = false;
  std::size_t roster_items = 0;  ///< contacts that each roster is given before the measurement

  unsigned threads = 1;
  std::size_t concurrency = 32;  ///< logins and preparations under way at once, over all threads
  std::chrono::milliseconds warm_up{2'000};
  std::chrono::milliseconds duration{10'000};
  std::chrono::milliseconds prepare_limit{
      std::chrono::minutes(10)};  ///< for what comes between login and load

  std::vector<pid_t> server_pids;  ///< with all their descendants
  bool json = false;
  std::string page_file;  ///< gets plots as HTML; empty: none
  std::string label;      ///< names the server in the report

  std::string peer_address_text;          ///< --peer-connect as given
  std::string address_text;               ///< --connect as given; Target::address after finish()
  std::vector<std::string> source_texts;  ///< --source as given
};

/// Looks up addresses, reads the accounts file, and checks that the options are possible on this machine;
/// raises the limit of open files as far as needed. The error is a sentence for whoever gave the options.
Result<std::vector<Account>, std::string> finish(Options& options);

}  // namespace vestnik::bench
