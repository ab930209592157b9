#include "core/config/print.h"

#include <fmt/format.h>

#include "core/config/schema.h"

namespace vestnik::config {
namespace {

constexpr std::size_t kWidth = 100;

constexpr std::string_view kIntroduction =
    "Configuration of Vestnik. A line that starts with # and a key shows the default: remove the # to change "
    "it. "
    "`vestnik --check --config FILE` says whether a file is right; `vestnikctl reload` applies it to the "
    "running "
    "server, except for keys marked [restart].";

constexpr std::string_view kForms =
    "Durations have a unit: \"500ms\", \"30s\", \"5m\", \"1h\", \"7d\". So do sizes: \"256KiB\", \"8MiB\" "
    "(or plain bytes). "
    "Relative paths start from this file's folder. Any value may come from elsewhere: key = { file = "
    "\"secret.txt\" } or "
    "key = { env = \"NAME\" }. More files: include = [\"conf.d/*.toml\"] above the first table.";

/// `text` as comment lines of at most kWidth bytes.
std::string comment(std::string_view text) {
  std::string lines;
  std::string line = "#";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (line.size() + 1 + (end - at) > kWidth) {
      lines += line + '\n';
      line = "#";
    }
    line += ' ';
    line += text.substr(at, end - at);
    at = end + 1;
  }
  return lines + line + '\n';
}

/// What stands behind a value: `  # 1 to 10 [restart]`.
template <typename T>
std::string remark(const Key<T>& key) {
  std::string text = key.range();
  if (key.applies() == Applies::at_restart) text += text.empty() ? "[restart]" : " [restart]";
  return text.empty() ? text : "  # " + text;
}

template <typename T>
std::string print_keys(const Section<T>& section, const T& values, const T& defaults) {
  std::string text;
  for (const Key<T>& key : section.keys) {
    const std::string value = key.print(values);
    const std::string_view mark = value == key.print(defaults) ? "#" : "";
    text += comment(key.doc()) + fmt::format("{}{} = {}{}\n", mark, key.name(), value, remark(key));
  }
  return text;
}

template <typename T>
std::string print_section(const Section<T>& section, const T& values, const T& defaults) {
  return fmt::format("\n{}[{}]\n{}", comment(section.doc), section.name,
                     print_keys(section, values, defaults));
}

std::string print_host(const HostConfig& host) {
  std::string text = fmt::format("\n{}[[host]]\n{}", comment(host_section().doc),
                                 print_keys(host_section(), host, HostConfig{}));
  for (const SharedGroup& group : host.groups) {
    text += fmt::format("\n{}[[host.group]]\n{}", comment(group_section().doc),
                        print_keys(group_section(), group, SharedGroup{}));
  }
  return text;
}

/// An example, all of it commented out.
std::string print_component_example() {
  return fmt::format("\n{}#[[component]]\n{}", comment(component_section().doc),
                     print_keys(component_section(), ComponentConfig{}, ComponentConfig{}));
}

std::string print_component(const ComponentConfig& component) {
  return fmt::format("\n{}[[component]]\n{}", comment(component_section().doc),
                     print_keys(component_section(), component, ComponentConfig{}));
}

}  // namespace

std::string print(const Config& config, std::span<const FeatureSpec> features) {
  const Config defaults;
  std::string text = comment(kIntroduction) + "#\n" + comment(kForms);
  for (const HostConfig& host : config.hosts) text += print_host(host);
  for (const ComponentConfig& component : config.component_list) text += print_component(component);
  if (config.component_list.empty()) text += print_component_example();
  for_each_section([&](const auto& section, auto member) {
    text += print_section(section, config.*member, defaults.*member);
  });
  for (const FeatureSpec& spec : features) {
    const FeatureConfig initial = default_feature(spec);
    const auto found = config.features.find(spec.name);
    text += print_section(feature_section(spec), found == config.features.end() ? initial : found->second,
                          initial);
  }
  return text;
}

std::string print_default(std::span<const FeatureSpec> features) {
  Config config;
  config.hosts.emplace_back().name = "localhost";
  return print(config, features);
}

}  // namespace vestnik::config
