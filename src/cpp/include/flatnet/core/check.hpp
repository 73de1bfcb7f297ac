#pragma once
/// Checks of public calls. `require` throws `shape_error`, a std::invalid_argument (ValueError in Python), with one sentence.
#include <sstream>
#include <stdexcept>
#include <string>

namespace flatnet {

struct shape_error : std::invalid_argument { using std::invalid_argument::invalid_argument; };

/// A result that memory cannot hold: thrown before anything is allocated.
struct too_large_error : std::length_error { using std::length_error::length_error; };

template <class... Parts> std::string sentence(const Parts&... parts) {
  std::ostringstream s;
  (s << ... << parts);
  return s.str();
}

template <class... Parts> void require(bool condition, const Parts&... parts) {
  if (!condition) throw shape_error(sentence(parts...));
}

}  // namespace flatnet
