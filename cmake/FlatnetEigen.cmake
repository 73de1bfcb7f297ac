# Target flatnet_eigen, when Eigen is there: the system's, else the pinned header-only wheel cmeel-eigen of the build environment.
# It is compiled in; nothing of it is needed at run time, and the public headers do without it (core/eigen.hpp excepted).
find_package(Eigen3 3.4 QUIET NO_MODULE)
if(NOT TARGET Eigen3::Eigen)
  if(NOT Python_EXECUTABLE)
    find_package(Python COMPONENTS Interpreter QUIET)
  endif()
  if(Python_EXECUTABLE)
    execute_process(COMMAND "${Python_EXECUTABLE}" -c
                    "import importlib.metadata as m; print(m.distribution('cmeel-eigen').locate_file('cmeel.prefix'))"
                    OUTPUT_VARIABLE FLATNET_EIGEN_PREFIX OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    find_package(Eigen3 3.4 QUIET NO_MODULE PATHS "${FLATNET_EIGEN_PREFIX}" NO_DEFAULT_PATH)
  endif()
endif()
if(TARGET Eigen3::Eigen AND NOT TARGET flatnet_eigen)
  add_library(flatnet_eigen INTERFACE)
  target_link_libraries(flatnet_eigen INTERFACE Eigen3::Eigen)
endif()
