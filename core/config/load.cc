#include "core/config/load.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <tuple>

#include "core/config/check.h"
#include "core/config/schema.h"
#include "core/config/suggest.h"

namespace vestnik::config {
namespace {

constexpr std::string_view kInclude = "include";
constexpr std::string_view kHost = "host";
constexpr std::string_view kGroup = "group";
constexpr std::string_view kComponent = "component";
constexpr std::string_view kFeatures = "features";

/// Files that match a pattern, sorted.
std::vector<std::string> glob_files(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): reads the environment, which nothing changes after the start
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return files;
}

/// Where a path may be given, so may be what is somewhere else altogether.
bool is_url(std::string_view text) { return text.contains("://"); }

std::string without_line_end(std::string text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

/// Walks a document along the schema and fills a Config, gathering problems.
class Loader {
 public:
  explicit Loader(const Sources& sources) : sources_(sources) {
    for (const FeatureSpec& spec : sources.features)
      config_.features.emplace(spec.name, default_feature(spec));
  }

  Result<Config, Problems> run(Node root) {
    auto& document = std::get<TableNode>(root.content);
    include(document);
    override(document);
    for (const Node& node : document.entries) top_level(node);
    if (problems_.empty()) finish(root.origin);
    if (problems_.empty()) return std::move(config_);
    return Err(sorted_problems());
  }

  Result<ServerConfig, Problems> run_server_table(Node root) {
    auto& document = std::get<TableNode>(root.content);
    include(document);
    if (const Node* server = document.find(server_section().name)) top_level(*server);
    if (problems_.empty()) return std::move(config_.server);
    return Err(sorted_problems());
  }

 private:
  Problems sorted_problems() {
    std::ranges::sort(problems_, {}, [](const Problem& problem) {
      return std::tie(problem.where.source, problem.where.line, problem.text);
    });
    return std::move(problems_);
  }

  void problem(const Origin& where, std::string text) { problems_.push_back({where, std::move(text)}); }

  void include(TableNode& document) {
    const Node* node = document.find(kInclude);
    if (node == nullptr) return;
    const auto* value = std::get_if<Value>(&node->content);
    const auto patterns = Texts{}.parse(value != nullptr ? *value : Value{});
    if (!patterns) return problem(node->origin, "'include': " + patterns.error());
    const Origin origin = node->origin;
    for (const std::string& pattern : *patterns) {
      for (const std::string& file : glob_files(origin.dir / pattern)) include_file(document, file);
    }
  }

  void include_file(TableNode& document, const std::string& file) {
    Result<Node, Problems> read = read_document(file);
    if (!read) {
      std::ranges::move(read.error(), std::back_inserter(problems_));
      return;
    }
    auto& included = std::get<TableNode>(read->content);
    if (const Node* nested = included.find(kInclude)) {
      problem(nested->origin, "'include': an included file cannot include others");
      std::erase_if(included.entries, [](const Node& node) { return node.name == kInclude; });
    }
    merge(document, std::move(included), OnDuplicate::refuse, problems_);
  }

  void override(TableNode& document) {
    for (const std::string& argument : sources_.overrides) {
      const Origin origin{.source = "--set " + argument, .line = 0, .dir = std::filesystem::current_path()};
      Result<Node, Problems> parsed = parse_override(argument, origin);
      if (!parsed) {
        std::ranges::move(parsed.error(), std::back_inserter(problems_));
        continue;
      }
      merge(document, std::move(std::get<TableNode>(parsed->content)), OnDuplicate::override, problems_);
    }
  }

  /// The value is TOML, or else a text, so that a shell needs no quotes within quotes.
  static Result<Node, Problems> parse_override(const std::string& argument, const Origin& origin) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) return Err(Problems{{origin, "write it as table.key=value"}});
    if (Result<Node, Problems> parsed = parse_document(argument, origin)) return parsed;
    const std::string_view text = std::string_view(argument).substr(equals + 1);
    return parse_document(argument.substr(0, equals + 1) + quote(text), origin);
  }

  void top_level(const Node& node) {
    if (node.name == kInclude) return;
    if (node.name == kHost) return hosts(node);
    if (node.name == kComponent) return components(node);
    if (node.name == kFeatures) return features(node);
    bool known = false;
    for_each_section([&](const auto& section, auto member) {
      if (section.name != node.name) return;
      known = true;
      if (const TableNode* table = as_table(node, node.name)) fill(*table, section, config_.*member);
    });
    if (!known) unknown(node, node.name, "table");
  }

  void hosts(const Node& node) {
    const auto* list = std::get_if<ListNode>(&node.content);
    if (list == nullptr) return problem(node.origin, "'host': write each host as a table [[host]]");
    for (const Node& item : list->items) {
      const auto& table = std::get<TableNode>(item.content);
      HostConfig& host = config_.hosts.emplace_back();
      fill(table, host_section(), host, kGroup);
      if (host.name.empty()) problem(item.origin, "this [[host]] has no name");
      for (const Node& entry : table.entries) {
        if (entry.name == kGroup) groups(entry, host);
      }
    }
  }

  void components(const Node& node) {
    const auto* list = std::get_if<ListNode>(&node.content);
    if (list == nullptr) {
      return problem(node.origin, "'component': write each component as a table [[component]]");
    }
    for (const Node& item : list->items) {
      ComponentConfig& component = config_.component_list.emplace_back();
      fill(std::get<TableNode>(item.content), component_section(), component);
      if (component.name.empty()) problem(item.origin, "this [[component]] has no name");
      if (component.secret.empty()) problem(item.origin, "this [[component]] has no secret");
    }
  }

  void groups(const Node& node, HostConfig& host) {
    const auto* list = std::get_if<ListNode>(&node.content);
    if (list == nullptr)
      return problem(node.origin, "'host.group': write each group as a table [[host.group]]");
    for (const Node& item : list->items) {
      SharedGroup& group = host.groups.emplace_back();
      fill(std::get<TableNode>(item.content), group_section(), group, {}, "host.");
      if (group.name.empty()) problem(item.origin, "this [[host.group]] has no name");
    }
  }

  void features(const Node& node) {
    const TableNode* tables = as_table(node, kFeatures);
    if (tables == nullptr) return;
    for (const Node& entry : tables->entries) {
      const auto spec = std::ranges::find(sources_.features, entry.name, &FeatureSpec::name);
      const std::string path = fmt::format("{}.{}", kFeatures, entry.name);
      if (spec == sources_.features.end()) {
        unknown(entry, path, "feature");
      } else if (const TableNode* table = as_table(entry, path)) {
        fill(*table, feature_section(*spec), config_.features[entry.name]);
      }
    }
  }

  /// Sets the keys of one table; an entry called `except` is somebody else's.
  template <typename T>
  void fill(const TableNode& table, const Section<T>& section, T& target, std::string_view except = {},
            std::string_view prefix = {}) {
    for (const Node& entry : table.entries) {
      if (!except.empty() && entry.name == except) continue;
      const std::string path = fmt::format("{}{}.{}", prefix, section.name, entry.name);
      const auto key = std::ranges::find(section.keys, entry.name, &Key<T>::name);
      if (key == section.keys.end()) {
        unknown(entry, path, "key");
        continue;
      }
      const std::optional<Value> value = value_of(entry, path, key->is_path());
      if (!value) continue;
      if (Parsed<void> set = key->set(target, *value); !set) {
        problem(entry.origin, fmt::format("'{}': {}", path, set.error()));
      }
    }
  }

  const TableNode* as_table(const Node& node, std::string_view path) {
    const auto* table = std::get_if<TableNode>(&node.content);
    if (table == nullptr) problem(node.origin, fmt::format("'{0}': write it as a table [{0}]", path));
    return table;
  }

  /// The value written at `node`, fetched from where it points to, a relative path made absolute.
  std::optional<Value> value_of(const Node& node, std::string_view path, bool is_path) {
    std::optional<Value> value;
    if (const auto* direct = std::get_if<Value>(&node.content)) {
      value = *direct;
    } else if (const auto* table = std::get_if<TableNode>(&node.content)) {
      value = indirect_value(*table, node.origin, path);
    } else {
      problem(node.origin, fmt::format("'{}' is a key, not a list of tables", path));
    }
    auto* text = value ? std::get_if<std::string>(&*value) : nullptr;
    if (is_path && text != nullptr && !text->empty() && !is_url(*text))
      *text = (node.origin.dir / *text).lexically_normal();
    return value;
  }

  /// `{ file = "…" }` or `{ env = "…" }`.
  std::optional<Value> indirect_value(const TableNode& table, const Origin& where, std::string_view path) {
    const Node* only = table.entries.size() == 1 ? &table.entries.front() : nullptr;
    const auto* value = only != nullptr ? std::get_if<Value>(&only->content) : nullptr;
    const auto* name = value != nullptr ? std::get_if<std::string>(value) : nullptr;
    if (name != nullptr && only->name == "file") {
      std::ifstream stream(where.dir / *name);
      if (stream) return without_line_end(std::string(std::istreambuf_iterator<char>(stream), {}));
      problem(where, fmt::format("'{}': the file {} cannot be read", path, *name));
    } else if (name != nullptr && only->name == "env") {
      // Nothing in this program changes its environment.
      if (const char* text = std::getenv(name->c_str())) return text;  // NOLINT(concurrency-mt-unsafe)
      problem(where, fmt::format("'{}': the environment has no {}", path, *name));
    } else {
      problem(where, fmt::format("'{}': write a value, {{ file = \"…\" }} or {{ env = \"…\" }}", path));
    }
    return std::nullopt;
  }

  void unknown(const Node& node, std::string_view path, std::string_view what) {
    const std::vector<std::string> names = known_names(what == "key");
    const auto guess = nearest(path, names);
    const std::string hint = guess ? fmt::format("; did you mean '{}'?", *guess) : std::string();
    problem(node.origin, fmt::format("unknown {} '{}'{}", what, path, hint));
  }

  /// Dotted names of all keys, or of all tables.
  std::vector<std::string> known_names(bool keys) const {
    std::vector<std::string> names;
    const auto add = [&](const auto& section, const std::string& prefix = {}) {
      if (!keys) return names.push_back(prefix + section.name);
      for (const auto& key : section.keys)
        names.push_back(fmt::format("{}{}.{}", prefix, section.name, key.name()));
    };
    add(host_section());
    add(group_section(), "host.");
    add(component_section());
    for_each_section([&](const auto& section, auto) { add(section); });
    for (const FeatureSpec& spec : sources_.features) add(feature_section(spec));
    return names;
  }

  /// What depends on more than one key.
  void finish(const Origin& where) {
    if (config_.storage.path.empty()) {
      config_.storage.path = std::filesystem::path(config_.server.data_dir) / "vestnik.db";
    }
    find_services();
    for (std::string& text : contradictions(config_)) problem({where.source, 0, where.dir}, std::move(text));
  }

  void find_services() {
    for (const FeatureSpec& spec : sources_.features) {
      if (spec.service.empty() || !config_.feature_enabled(spec.name)) continue;
      for (const HostConfig& host : config_.hosts) {
        std::string domain = spec.service + '.' + host.name;
        if (config_.host(domain) != nullptr || config_.component(domain) != nullptr) continue;
        config_.services.push_back({std::move(domain), host.name, spec.name});
      }
    }
    std::ranges::sort(config_.services, {}, &ServiceConfig::domain);
  }

  const Sources& sources_;
  Config config_;
  Problems problems_;
};

}  // namespace

Result<Config, Problems> load(const std::filesystem::path& file, const Sources& sources) {
  Result<Node, Problems> root = read_document(file);
  if (!root) return Err(std::move(root.error()));
  return Loader(sources).run(*std::move(root));
}

Result<Config, Problems> load_text(std::string_view text, const std::filesystem::path& name,
                                   const Sources& sources) {
  const Origin origin{
      .source = name.string(), .line = 1, .dir = std::filesystem::absolute(name).parent_path()};
  Result<Node, Problems> root = parse_document(text, origin);
  if (!root) return Err(std::move(root.error()));
  return Loader(sources).run(*std::move(root));
}

Result<std::string, Problems> load_control_socket(const std::filesystem::path& file) {
  Result<Node, Problems> root = read_document(file);
  if (!root) return Err(std::move(root.error()));
  const Sources nothing_more;
  Result<ServerConfig, Problems> server = Loader(nothing_more).run_server_table(*std::move(root));
  if (!server) return Err(std::move(server.error()));
  return std::move(server->control_socket);
}

std::vector<std::string> needs_restart(const Config& running, const Config& next,
                                       std::span<const FeatureSpec> features) {
  std::vector<std::string> changed;
  const auto compare = [&](const auto& section, const auto& before, const auto& after) {
    for (const auto& key : section.keys) {
      if (key.applies() == Applies::at_reload || key.print(before) == key.print(after)) continue;
      changed.push_back(fmt::format("{}.{}", section.name, key.name()));
    }
  };
  for_each_section(
      [&](const auto& section, auto member) { compare(section, running.*member, next.*member); });
  // Nothing listens for components as long as there are none.
  if (running.component_list.empty() && !next.component_list.empty()) changed.emplace_back("component");
  for (const FeatureSpec& spec : features) {
    compare(feature_section(spec), running.features.at(spec.name), next.features.at(spec.name));
  }
  return changed;
}

}  // namespace vestnik::config
