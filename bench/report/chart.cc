#include "bench/report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "proto/xml/writer.h"

namespace vestnik::bench {
namespace {

constexpr double kWidth = 640;
constexpr double kHeight = 240;
constexpr double kLeft = 64;  // for the numbers of the axis
constexpr double kTop = 28;
constexpr double kBottom = 24;
constexpr double kBar = 22;
constexpr double kLabels = 150;  // for the names of bars
constexpr double kValues = 90;   // for the numbers at their ends
constexpr double kFarApart = 50;
constexpr int kTicks = 4;

/// Okabe and Ito's palette: told apart by everybody, on light and on dark.
constexpr std::array<std::string_view, 8> kPalette = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                      "#e69f00", "#56b4e9", "#999999", "#f0e442"};

double largest(const std::vector<Series>& all) {
  double most = 0;
  for (const Series& series : all) {
    for (const double value : series.values) most = std::max(most, value);
  }
  return most;
}

/// The next of 1, 2, 5, 10, … that is not smaller.
double rounded_up(double value) {
  if (value <= 0) return 1;
  const double magnitude = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (value <= step * magnitude) return step * magnitude;
  }
  return 10 * magnitude;
}

std::string opening(double height, std::string_view title, std::string_view unit) {
  return fmt::format(
      "<svg viewBox='0 0 {} {}' role='img' aria-label='{}'><text x='0' y='16' class='title'>{}"
      "<tspan class='unit'> {}</tspan></text>",
      kWidth, height, escaped(title), escaped(title), escaped(unit));
}

std::string axis(double top, std::size_t seconds) {
  std::string out;
  const double height = kHeight - kTop - kBottom;
  for (int i = 0; i <= kTicks; ++i) {
    const double y = kTop + height * (kTicks - i) / kTicks;
    fmt::format_to(std::back_inserter(out),
                   "<line x1='{}' x2='{}' y1='{:.1f}' y2='{:.1f}' class='grid'/><text x='{}' y='{:.1f}' "
                   "class='tick'>{}</text>",
                   kLeft, kWidth, y, y, kLeft - 6, y + 4, brief(top * i / kTicks));
  }
  fmt::format_to(std::back_inserter(out), "<text x='{}' y='{}' class='tick'>{} s</text>", kWidth, kHeight - 6,
                 seconds);
  return out;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  xml::append_attr(out, text);
  return out;
}

std::string_view colour(std::size_t number) { return kPalette.at(number % kPalette.size()); }

std::string brief(double value) {
  if (value == 0) return "0";
  const int decimals = std::clamp(2 - static_cast<int>(std::floor(std::log10(std::abs(value)))), 0, 6);
  std::string text = fmt::format("{:.{}f}", value, decimals);
  for (auto at = std::ssize(text) - 3; decimals == 0 && at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

std::string line_chart(std::string_view title, std::string_view unit, const std::vector<Series>& series) {
  std::size_t steps = 0;
  for (const Series& one : series) steps = std::max(steps, one.values.size());
  if (steps < 2) return {};
  const double top = rounded_up(largest(series));
  std::string out = opening(kHeight, title, unit) + axis(top, steps);
  const double height = kHeight - kTop - kBottom;
  for (const Series& one : series) {
    fmt::format_to(std::back_inserter(out), "<polyline stroke='{}' points='", colour(one.colour));
    for (std::size_t i = 0; i < one.values.size(); ++i) {
      const double x = kLeft + (kWidth - kLeft) * static_cast<double>(i) / static_cast<double>(steps - 1);
      fmt::format_to(std::back_inserter(out), "{:.1f},{:.1f} ", x, kTop + height * (1 - one.values[i] / top));
    }
    fmt::format_to(std::back_inserter(out), "'><title>{}</title></polyline>", escaped(one.label));
  }
  return out + "</svg>";
}

std::string bar_chart(std::string_view title, std::string_view unit, const std::vector<Series>& series) {
  std::vector<const Series*> bars;
  double least = 0;
  for (const Series& one : series) {
    if (one.values.empty() || one.values.front() <= 0) continue;
    bars.push_back(&one);
    least = least == 0 ? one.values.front() : std::min(least, one.values.front());
  }
  if (bars.empty()) return {};
  const double most = largest(series);
  const bool logarithmic = most > kFarApart * least;
  const double floor = least / 2;  // the shortest bar is to be seen too
  std::string out = opening(kTop + kBar * static_cast<double>(bars.size()), title,
                            logarithmic ? fmt::format("{} (logarithmic)", unit) : std::string(unit));
  double y = kTop;
  for (const Series* bar : bars) {
    const double value = bar->values.front();
    const double share = logarithmic ? std::log(value / floor) / std::log(most / floor) : value / most;
    const double width = (kWidth - kLabels - kValues) * share;
    fmt::format_to(std::back_inserter(out),
                   "<text x='{}' y='{}' class='tick'>{}</text><rect x='{}' y='{}' width='{:.1f}' height='{}' "
                   "fill='{}'/><text x='{:.1f}' y='{}'>{}</text>",
                   kLabels - 6, y + 14, escaped(bar->label), kLabels, y, width, kBar - 6, colour(bar->colour),
                   kLabels + width + 6, y + 14, brief(value));
    y += kBar;
  }
  return out + "</svg>";
}

}  // namespace vestnik::bench
