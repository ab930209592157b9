#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace vestnik::mail {

/// Who uses the gateway, and which of its contacts each has. Kept in a text file, a line for each user, which
/// is replaced as a whole. The gateway's thread only, save write().
class Registrations {
 public:
  using Contacts = std::set<std::string, std::less<>>;
  static constexpr std::size_t kMaxContacts = 1'000;  ///< of one user

  /// Reads the file, if there is one. Throws std::runtime_error when it cannot be read.
  explicit Registrations(std::string path);

  bool contains(std::string_view user) const { return users_.contains(user); }
  const std::map<std::string, Contacts, std::less<>>& users() const { return users_; }
  void add(std::string_view user, const Contacts& contacts = {}) {
    users_.try_emplace(std::string(user), contacts);
  }
  void remove(std::string_view user);
  /// False: the user has as many as may be, or is none.
  bool add_contact(std::string_view user, std::string_view contact);
  /// False: the user did not have it.
  bool remove_contact(std::string_view user, std::string_view contact);

  const std::string& path() const { return path_; }
  /// What the file is to contain.
  std::string text() const;
  /// Replaces a file and has it on the disk when it returns; any thread. False: it could not be written.
  static bool write(const std::string& path, const std::string& text);

 private:
  std::string path_;
  std::map<std::string, Contacts, std::less<>> users_;
};

}  // namespace vestnik::mail
