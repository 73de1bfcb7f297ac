#include "flatnet/core/isa.hpp"

#include <cstdlib>

#include "flatnet/core/check.hpp"

namespace flatnet {

// The build says which sets it carries: FLATNET_HAVE_<name>.
#define FLATNET_DECLARE(name)          \
  namespace isa_##name {               \
    extern const kernels::Table table; \
  }
FLATNET_DECLARE(v2)
FLATNET_DECLARE(v3)
FLATNET_DECLARE(v4)
FLATNET_DECLARE(neon)
#undef FLATNET_DECLARE

namespace {

struct Isa {
  const char* name;
  bool runs;
  const kernels::Table* table;
};

#if defined(__x86_64__)
[[maybe_unused]] bool runs_v3() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2");
}
[[maybe_unused]] bool runs_v4() {
  return runs_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

const std::vector<Isa>& isas() {
  static const std::vector<Isa> all = [] {
    std::vector<Isa> sets;
#if defined(__x86_64__)
    __builtin_cpu_init();
#endif
#ifdef FLATNET_HAVE_v2
    sets.push_back({"v2", true, &isa_v2::table});
#endif
#ifdef FLATNET_HAVE_v3
    sets.push_back({"v3", runs_v3(), &isa_v3::table});
#endif
#ifdef FLATNET_HAVE_v4
    sets.push_back({"v4", runs_v4(), &isa_v4::table});
#endif
#ifdef FLATNET_HAVE_neon
    sets.push_back({"neon", true, &isa_neon::table});
#endif
    return sets;
  }();
  return all;
}

const Isa& find(const std::string& name, const char* asker) {
  std::string known;
  for (const Isa& isa : isas()) {
    if (isa.runs && name == isa.name) return isa;
    if (isa.runs) known += (known.empty() ? "" : ", ") + std::string(isa.name);
  }
  throw shape_error(sentence(asker, " asks for instruction set '", name, "', this machine and build run: ", known));
}

const Isa& active() {
  static const Isa& chosen = []() -> const Isa& {
    const char* forced = std::getenv("FLATNET_ISA");
    if (forced && *forced) return find(forced, "FLATNET_ISA");
    const Isa* best = nullptr;
    for (const Isa& isa : isas())
      if (isa.runs) best = &isa;
    require(best, "this build carries no instruction set that this machine runs");
    return *best;
  }();
  return chosen;
}

}  // namespace

std::vector<std::string> available_isas() {
  std::vector<std::string> names;
  for (const Isa& isa : isas())
    if (isa.runs) names.emplace_back(isa.name);
  return names;
}

std::string active_isa() { return active().name; }
const kernels::Table& active_kernels() { return *active().table; }
const kernels::Table& kernels_of(const std::string& isa) { return *find(isa, "kernels_of").table; }

}  // namespace flatnet
