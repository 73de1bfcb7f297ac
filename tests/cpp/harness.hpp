#pragma once
/// A test harness in one header. TEST(name) { CHECK(...); } registers a test; a failed check is printed with its place and its
/// words, counted, and the test goes on. Each file is one executable: exit status 0, 1, or 77 when FLATNET_ISA names an
/// instruction set that this machine lacks (ctest reports it as skipped).
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "flatnet/core/isa.hpp"

namespace test {

struct Case {
  const char* name;
  void (*run)();
};
inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}
inline int failures = 0;
constexpr int shown_failures = 20;

struct Register {
  Register(const char* name, void (*run)()) { cases().push_back({name, run}); }
};

template <class Ok, class... Words>
void check(const char* file, int line, const char* text, const Ok& ok, const Words&... words) {
  if (static_cast<bool>(ok) || ++failures > shown_failures) return;
  std::cout << file << ":" << line << ": " << text;
  ((std::cout << " | " << words), ...);
  std::cout << "\n";
}

/// The words of the exception of type E that f throws; empty when it throws none.
template <class E, class F> std::string thrown(F&& f) {
  try {
    f();
  } catch (const E& e) { return e.what(); }
  return "";
}

/// Instruction sets to test: the one FLATNET_ISA names, else all that this machine runs.
inline std::vector<std::string> isas() {
  const char* forced = std::getenv("FLATNET_ISA");
  if (forced && *forced) return {forced};
  return flatnet::available_isas();
}
/// On an emulated processor, some fifty times slower: lengths of which fewer will do are fewer.
constexpr bool emulated() {
#ifdef FLATNET_EMULATED
  return true;
#else
  return false;
#endif
}
inline flatnet::index_t vector_bytes(const std::string& isa) { return isa == "v4" ? 64 : isa == "v3" ? 32 : 16; }

inline bool can_run() {
  const auto there = flatnet::available_isas();
  for (const std::string& isa : isas())
    if (std::find(there.begin(), there.end(), isa) == there.end()) return false;
  return true;
}

inline int run_all() {
  if (!can_run()) {
    std::cout << "skipped: this machine and build do not run FLATNET_ISA=" << isas().front() << "\n";
    return 77;
  }
  for (const Case& c : cases()) {
    const int before = failures;
    try {
      c.run();
    } catch (const std::exception& e) { check(c.name, 0, "threw", false, e.what()); }
    std::cout << (failures == before ? "passed  " : "FAILED  ") << c.name << "\n";
  }
  if (failures) std::cout << failures << " checks failed\n";
  return failures ? 1 : 0;
}

}  // namespace test

#define TEST(name)                                           \
  static void name();                                        \
  static const test::Register register_##name(#name, &name); \
  static void name()
/// CHECK(condition, words...): the words are printed when the condition is false.
#define CHECK(...) test::check(__FILE__, __LINE__, #__VA_ARGS__, __VA_ARGS__)
/// The call throws E, and its sentence is exactly the one given.
#define CHECK_SENTENCE(E, expected, ...)                                              \
  do {                                                                                \
    const std::string said = test::thrown<E>([&] { __VA_ARGS__; });                   \
    CHECK(said == (expected), "said: " + said, "expected: " + std::string(expected)); \
  } while (0)
#define TEST_MAIN \
  int main() { return test::run_all(); }
