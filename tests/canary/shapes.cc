// Shapes of co_await that GCC 12 miscompiles, and neighbours of theirs. `shapes --list` names them, `shapes
// NAME` runs one and exits with 0 if it gave what it should; run under AddressSanitizer, which sees what is
// freed twice.
#include <cstdio>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "tests/canary/task.h"

namespace canary {
namespace {

const std::string kText = "a text that is too long for the small string buffer";

struct Aggregate {
  std::string text;
  int number = 0;
};

struct Made {
  explicit Made(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

Task<std::string> make() { co_return kText; }
Task<bool> yes() { co_return true; }
Task<Aggregate> make_aggregate() { co_return Aggregate{kText, 3}; }
Task<std::string> by_value(Aggregate value) { co_return value.text; }
Task<std::string> by_reference(const Aggregate& value) { co_return value.text; }
Task<std::string> of_made(Made value) { co_return value.text_; }
Task<std::string> of_text(std::string value) { co_return value; }
Task<std::string> of_pointer(std::unique_ptr<std::string> value) { co_return *value; }
Task<std::string> of_optional(std::optional<std::string> value) { co_return *value; }
Task<std::string> of_tuple(std::tuple<std::string, int> value) { co_return std::get<0>(value); }
Task<std::string> of_vector(std::vector<int> values) {
  co_return values == std::vector{1, 2, 3} ? kText : "other numbers";
}
Task<std::string> of_list(std::initializer_list<int> values) {
  co_return values.size() == 3 ? kText : "other";
}
template <typename Function>
Task<std::string> call(Function function) {
  co_return function();
}
Task<std::string> call_std(std::function<std::string()> function) { co_return function(); }
template <typename Function>
Task<std::string> await_call(Function function) {
  co_return co_await function();
}
Task<std::string> fail() {
  throw std::runtime_error(kText);
  co_return "";
}

Task<std::string> aggregate_temporary() { co_return co_await by_value(Aggregate{kText, 1}); }
Task<std::string> aggregate_braces() { co_return co_await by_value({kText, 1}); }
Task<std::string> aggregate_designated() { co_return co_await by_value(Aggregate{.text = kText}); }
Task<std::string> aggregate_by_reference() { co_return co_await by_reference(Aggregate{kText, 1}); }
Task<std::string> lambda_with_capture() {
  std::string text = kText;
  co_return co_await call([text] { return text; });
}
Task<std::string> lambda_with_moved_capture() {
  std::string text = kText;
  co_return co_await call([text = std::move(text)] { return text; });
}
Task<std::string> lambda_in_std_function() {
  std::string text = kText;
  co_return co_await call_std([text] { return text; });
}
Task<std::string> coroutine_lambda() {
  std::string text = kText;
  co_return co_await await_call([text]() -> Task<std::string> { co_return text; });
}
Task<std::string> conditional() {
  const bool choice = co_await yes();
  std::string text = choice ? co_await make() : std::string("other");
  co_return text;
}
Task<std::string> awaited_initialiser() {
  Aggregate value{co_await make(), 3};
  co_return value.text;
}
Task<std::string> switch_on_temporary() {
  switch ((co_await make()).size()) {
    case 0: co_return "empty";
    default: co_return kText;
  }
}
Task<std::string> if_on_temporary() {
  if ((co_await make()).size() == kText.size() && co_await yes()) co_return kText;
  co_return "other";
}
Task<std::string> braces_into_vector() { co_return co_await of_vector({1, 2, 3}); }
Task<std::string> braces_into_list() { co_return co_await of_list({1, 2, 3}); }
Task<std::string> constructed_temporaries() {
  std::string text = co_await of_made(Made(kText));
  text = co_await of_made(Made{text});
  text = co_await of_text(std::string(text));
  text = co_await of_pointer(std::make_unique<std::string>(text));
  text = co_await of_optional(std::optional<std::string>(text));
  text = co_await of_tuple(std::tuple<std::string, int>(text, 1));
  co_return text;
}
Task<std::string> named_values() {
  Aggregate value{kText, 1};
  auto function = [value] { return value.text; };
  std::string text = co_await by_value(value);
  text = co_await call(function);
  text = co_await call(std::move(function));
  text = co_await by_value(std::move(value));
  co_return text;
}
Task<std::string> two_steps() {
  auto task = by_value(Aggregate{kText, 1});
  co_return co_await std::move(task);
}
Task<std::string> bindings_and_loops() {
  auto [text, number] = co_await make_aggregate();
  if (auto again = co_await make(); again != text) co_return "other";
  std::vector<std::string> texts;
  texts.push_back(co_await make());
  int turns = 0;
  while (co_await yes()) {
    if (++turns == number) break;
  }
  const std::string letters = co_await make();
  std::string copy;
  for (char letter : letters) copy += letter;
  const bool right = turns == 3 && texts[0] == text && co_await yes();
  if (!right) co_return "other";
  co_return copy;
}
Task<std::string> exceptions() {
  std::string text;
  try {
    text = co_await fail();
  } catch (const std::runtime_error& error) {
    text = error.what();
  }
  co_return text;
}

struct Shape {
  const char* name;
  Task<std::string> (*run)();
};

const Shape kShapes[] = {
    {"aggregate_temporary", aggregate_temporary},
    {"aggregate_braces", aggregate_braces},
    {"aggregate_designated", aggregate_designated},
    {"aggregate_by_reference", aggregate_by_reference},
    {"lambda_with_capture", lambda_with_capture},
    {"lambda_with_moved_capture", lambda_with_moved_capture},
    {"lambda_in_std_function", lambda_in_std_function},
    {"coroutine_lambda", coroutine_lambda},
    {"conditional", conditional},
    {"awaited_initialiser", awaited_initialiser},
    {"switch_on_temporary", switch_on_temporary},
    {"if_on_temporary", if_on_temporary},
    {"braces_into_vector", braces_into_vector},
    {"braces_into_list", braces_into_list},
    {"constructed_temporaries", constructed_temporaries},
    {"named_values", named_values},
    {"two_steps", two_steps},
    {"bindings_and_loops", bindings_and_loops},
    {"exceptions", exceptions},
};

}  // namespace
}  // namespace canary

int main(int argc, char** argv) {
  for (const auto& shape : canary::kShapes) {
    if (argc != 2 || std::strcmp(argv[1], "--list") == 0) {
      std::puts(shape.name);
    } else if (std::strcmp(argv[1], shape.name) == 0) {
      return shape.run().run() == canary::kText ? 0 : 1;
    }
  }
  return 0;
}
