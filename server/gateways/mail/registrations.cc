#include "server/gateways/mail/registrations.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace vestnik::mail {
namespace {

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file) == 0;
}

}  // namespace

Registrations::Registrations(std::string path) : path_(std::move(path)) {
  if (::access(path_.c_str(), F_OK) != 0) return;
  std::ifstream file(path_);
  if (!file) throw std::runtime_error(path_ + " cannot be read");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string user;
    if (!(words >> user)) continue;
    Contacts& contacts = users_[user];
    for (std::string contact; words >> contact;) contacts.insert(contact);
  }
}

void Registrations::remove(std::string_view user) {
  if (const auto found = users_.find(user); found != users_.end()) users_.erase(found);
}

bool Registrations::add_contact(std::string_view user, std::string_view contact) {
  const auto found = users_.find(user);
  if (found == users_.end() || found->second.size() >= kMaxContacts) return false;
  found->second.emplace(contact);
  return true;
}

bool Registrations::remove_contact(std::string_view user, std::string_view contact) {
  const auto found = users_.find(user);
  if (found == users_.end()) return false;
  const auto known = found->second.find(contact);
  if (known == found->second.end()) return false;
  found->second.erase(known);
  return true;
}

// Bare JIDs have no white space.
std::string Registrations::text() const {
  std::string text;
  for (const auto& [user, contacts] : users_) {
    text += user;
    for (const auto& contact : contacts) text.append(" ").append(contact);
    text += '\n';
  }
  return text;
}

bool Registrations::write(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  constexpr mode_t kOwnerOnly = 0600;
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kOwnerOnly);
  if (file < 0) return false;
  const bool written = write_all(file, text);
  return ::close(file) == 0 && written && std::rename(fresh.c_str(), path.c_str()) == 0;
}

}  // namespace vestnik::mail
