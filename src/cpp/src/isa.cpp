#include "flatnet/core/isa.hpp"

#include <cstdlib>

#include "flatnet/core/check.hpp"

namespace flatnet {

#if defined(__x86_64__)
namespace isa_v2 {
extern const kernels::Table table;
}
namespace isa_v3 {
extern const kernels::Table table;
}
namespace isa_v4 {
extern const kernels::Table table;
}
#else
namespace isa_neon {
extern const kernels::Table table;
}
#endif

namespace {

struct Isa {
  const char* name;
  bool runs;
  const kernels::Table* table;
};

const std::vector<Isa>& isas() {
#if defined(__x86_64__)
  static const std::vector<Isa> all = [] {
    __builtin_cpu_init();
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
    return std::vector<Isa>{{"v2", true, &isa_v2::table}, {"v3", v3, &isa_v3::table}, {"v4", v4, &isa_v4::table}};
  }();
#else
  static const std::vector<Isa> all = {{"neon", true, &isa_neon::table}};
#endif
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
