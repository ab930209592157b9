#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/config/codecs.h"
#include "core/config/config.h"
#include "core/config/feature_spec.h"

/// The configuration's keys, each with its documentation, bounds and place in `Config` where it is defined
/// (schema.cc). The parser, the commented default file, the reference and the list of keys that need a
/// restart are made from this.
namespace vestnik::config {

/// When a changed key takes effect.
enum class Applies : std::uint8_t { at_reload, at_restart };

/// One key of the table that fills a T. The default is what the member has in a fresh T.
template <typename T>
class Key {
 public:
  /// `member` is a pointer to a member, or a function from T& to a reference inside it; `kind` one of
  /// codecs.h.
  template <typename Member, typename Kind>
  Key(std::string name, const Member& member, const Kind& kind, Applies applies, std::string doc)
      : name_(std::move(name)),
        doc_(std::move(doc)),
        range_(describe(kind)),
        applies_(applies),
        is_path_(std::is_same_v<Kind, Path>),
        set_([=](T& target, const Value& value) -> Parsed<void> {
          auto parsed = kind.parse(value);
          if (!parsed) return Err(std::move(parsed.error()));
          std::invoke(member, target) = *std::move(parsed);
          return {};
        }),
        print_([=](const T& source) { return kind.print(std::invoke(member, source)); }) {}

  const std::string& name() const { return name_; }
  const std::string& doc() const { return doc_; }
  /// What values are accepted, in words; empty where that is plain.
  const std::string& range() const { return range_; }
  Applies applies() const { return applies_; }
  /// Whether a relative value is meant from the place of the file that has it.
  bool is_path() const { return is_path_; }

  Parsed<void> set(T& target, const Value& value) const { return set_(target, value); }
  /// The value as TOML.
  std::string print(const T& source) const { return print_(source); }

 private:
  template <typename Kind>
  static std::string describe(const Kind& kind) {
    if constexpr (requires { kind.describe(); }) return kind.describe();
    return {};
  }

  std::string name_;
  std::string doc_;
  std::string range_;
  Applies applies_;
  bool is_path_;
  std::function<Parsed<void>(T&, const Value&)> set_;
  std::function<std::string(const T&)> print_;
};

/// A table of the file.
template <typename T>
struct Section {
  std::string name;  ///< `c2s`
  std::string doc;
  std::vector<Key<T>> keys;
};

const Section<HostConfig>& host_section();
const Section<SharedGroup>& group_section();
const Section<ServerConfig>& server_section();
const Section<TlsConfig>& tls_section();
const Section<C2sConfig>& c2s_section();
const Section<S2sConfig>& s2s_section();
const Section<ComponentConfig>& component_section();
const Section<ComponentsConfig>& components_section();
const Section<HttpConfig>& http_section();
const Section<DnsConfig>& dns_section();
const Section<StorageConfig>& storage_section();
const Section<LimitsConfig>& limits_section();
const Section<LogConfig>& log_section();
/// `[features.NAME]` of a declared feature.
Section<FeatureConfig> feature_section(const FeatureSpec& spec);

/// A feature's configuration when the file says nothing.
FeatureConfig default_feature(const FeatureSpec& spec);

/// Calls `visit(section, member of Config)` for each table that is there once, in the order of the reference.
template <typename Visitor>
void for_each_section(Visitor&& visit) {
  visit(server_section(), &Config::server);
  visit(tls_section(), &Config::tls);
  visit(c2s_section(), &Config::c2s);
  visit(s2s_section(), &Config::s2s);
  visit(components_section(), &Config::components);
  visit(http_section(), &Config::http);
  visit(dns_section(), &Config::dns);
  visit(storage_section(), &Config::storage);
  visit(limits_section(), &Config::limits);
  visit(log_section(), &Config::log);
}

}  // namespace vestnik::config
