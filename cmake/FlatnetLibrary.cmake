# The library flatnet::flatnet: plain C++ at the ABI floor, plus one object per instruction set.
# Every object is compiled with -ffp-contract=off: products and sums fuse only where a kernel says so (madd in isa/vec.hpp),
# so that vector bodies and scalar tails round alike. -ffast-math is absent: NaN, inf and signed zeros travel as IEEE says.
set(FLATNET_CPP "${PROJECT_SOURCE_DIR}/src/cpp")
file(GLOB FLATNET_SOURCES CONFIGURE_DEPENDS "${FLATNET_CPP}/src/*.cpp" "${FLATNET_CPP}/src/engine/*.cpp")
# Families of kernels (FLATNET_KERNEL_FAMILIES in kernels/table.hpp, and the layers of a network): one object each per set.
set(FLATNET_FAMILIES layers activation butterfly hadamard fourier fourier_line wavelet cosine neurons)
set(FLATNET_WARNINGS -Wall -Wextra -Wno-psabi)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(FLATNET_ISAS v2 v3 v4)
  set(FLATNET_FLOOR -march=x86-64-v2)
  set(FLATNET_FLAGS_v2 -march=x86-64-v2 -O2)  # the floor: compiled in two thirds of the time, the loops are vectors as written
  set(FLATNET_FLAGS_v3 -march=x86-64-v3 -O3)
  # 512-bit registers are the point of v4; GCC and Clang default to 256 bits there.
  set(FLATNET_FLAGS_v4 -march=x86-64-v4 -mprefer-vector-width=512 -O3)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
  set(FLATNET_ISAS neon)
  set(FLATNET_FLOOR "")
  if(NOT FLATNET_FLAGS_neon)
    set(FLATNET_FLAGS_neon -O3)
  endif()
else()
  message(FATAL_ERROR "flatnet has kernels for x86-64 and aarch64, this machine is ${CMAKE_SYSTEM_PROCESSOR}")
endif()

# A build for one's own machine may name fewer sets (-DFLATNET_ONLY_ISAS=v4 builds a third of the kernels).
if(FLATNET_ONLY_ISAS)
  set(FLATNET_ISAS ${FLATNET_ONLY_ISAS})
endif()
foreach(isa IN LISTS FLATNET_ISAS)
  list(APPEND FLATNET_HAVE FLATNET_HAVE_${isa})
  foreach(family IN LISTS FLATNET_FAMILIES)
    set(object flatnet_${isa}_${family})
    add_library(${object} OBJECT "${FLATNET_CPP}/src/isa/${isa}.cpp")
    target_include_directories(${object} PRIVATE "${FLATNET_CPP}/include" "${FLATNET_CPP}/src/isa")
    target_compile_definitions(${object} PRIVATE FLATNET_FAMILY="${family}.inc")
    # No exceptions, no run-time type information, no thread-safe statics: a kernel is a loop.
    target_compile_options(${object} PRIVATE ${FLATNET_FLAGS_${isa}} ${FLATNET_WARNINGS} -ffp-contract=off
                           -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-math-errno
                           $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)  # GCC warns of its own AVX-512 header
    list(APPEND FLATNET_OBJECTS $<TARGET_OBJECTS:${object}>)
  endforeach()
endforeach()

# In a wheel everything lies inside the package flatnet/.
if(SKBUILD)
  set(FLATNET_PREFIX "flatnet/")
else()
  set(FLATNET_PREFIX "")
endif()

add_library(flatnet STATIC ${FLATNET_SOURCES} ${FLATNET_OBJECTS})
add_library(flatnet::flatnet ALIAS flatnet)
target_compile_features(flatnet PUBLIC cxx_std_17)
target_compile_definitions(flatnet PRIVATE ${FLATNET_HAVE})
target_compile_options(flatnet PRIVATE ${FLATNET_FLOOR} ${FLATNET_WARNINGS} -ffp-contract=off)
target_include_directories(flatnet PUBLIC $<BUILD_INTERFACE:${FLATNET_CPP}/include> $<INSTALL_INTERFACE:${FLATNET_PREFIX}include>)
find_package(Threads REQUIRED)
target_link_libraries(flatnet PUBLIC Threads::Threads)
if(FLATNET_OPENMP)
  find_package(OpenMP COMPONENTS CXX)
  if(OpenMP_CXX_FOUND)
    target_link_libraries(flatnet PRIVATE OpenMP::OpenMP_CXX)
  else()
    message(STATUS "OpenMP not found: threads come from std::thread")
  endif()
endif()

# What an embedder gets: headers, the static library, a CMake package (find_package(flatnet)).
include(CMakePackageConfigHelpers)
set(FLATNET_CMAKE_DIR lib/cmake/flatnet)
install(TARGETS flatnet EXPORT flatnetTargets ARCHIVE DESTINATION ${FLATNET_PREFIX}lib)
install(DIRECTORY "${FLATNET_CPP}/include/flatnet" DESTINATION ${FLATNET_PREFIX}include)
install(EXPORT flatnetTargets NAMESPACE flatnet:: DESTINATION ${FLATNET_PREFIX}${FLATNET_CMAKE_DIR})
# A static library built with OpenMP needs its users to link OpenMP's run-time: flatnetConfig.cmake looks for it.
set(FLATNET_HAS_OPENMP FALSE)
if(FLATNET_OPENMP AND OpenMP_CXX_FOUND)
  set(FLATNET_HAS_OPENMP TRUE)
endif()
# A program in C needs the C++ run-time too: flatnetConfig.cmake links it where the project has no C++.
set(FLATNET_CXX_RUNTIME "")
foreach(library stdc++ c++)
  if(library IN_LIST CMAKE_CXX_IMPLICIT_LINK_LIBRARIES)
    list(APPEND FLATNET_CXX_RUNTIME ${library})
  endif()
endforeach()
configure_package_config_file(cmake/flatnetConfig.cmake.in "${PROJECT_BINARY_DIR}/flatnetConfig.cmake"
                              INSTALL_DESTINATION ${FLATNET_PREFIX}${FLATNET_CMAKE_DIR})
write_basic_package_version_file("${PROJECT_BINARY_DIR}/flatnetConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/flatnetConfig.cmake" "${PROJECT_BINARY_DIR}/flatnetConfigVersion.cmake"
        DESTINATION ${FLATNET_PREFIX}${FLATNET_CMAKE_DIR})
