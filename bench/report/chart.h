#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace vestnik::bench {

/// One line of a chart, or one bar if it has a single value.
struct Series {
  std::string label;
  std::vector<double> values;  ///< of equal steps in time
  std::size_t colour = 0;      ///< place in a palette that goes round
};

/// An SVG element: values over seconds, one line for each series. `unit` is what the values are.
std::string line_chart(std::string_view title, std::string_view unit, const std::vector<Series>& series);

/// An SVG element: a bar for the first value of each series, on a logarithmic scale where they differ by more
/// than fifty times, with the value written at its end.
std::string bar_chart(std::string_view title, std::string_view unit, const std::vector<Series>& series);

/// Text as content or attribute of XML.
std::string escaped(std::string_view text);

/// The palette's colour in CSS.
std::string_view colour(std::size_t number);

/// Three significant digits: `0.0123`, `4.56`, `78.9`, `12,345`.
std::string brief(double value);

}  // namespace vestnik::bench
