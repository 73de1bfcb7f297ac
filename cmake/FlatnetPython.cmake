# The extension flatnet._core: bindings over the same static library that embedders link.
set(PYBIND11_FINDPYTHON ON)
find_package(pybind11 3 CONFIG REQUIRED)
include(FlatnetEigen)
if(NOT TARGET flatnet_eigen)
  message(FATAL_ERROR "the extension needs Eigen 3.4: the system's, or pip install 'cmeel-eigen>=3.4,<3.5' for ${Python_EXECUTABLE}")
endif()
file(GLOB FLATNET_BINDINGS CONFIGURE_DEPENDS "${FLATNET_CPP}/bindings/*.cpp")
pybind11_add_module(_core MODULE NO_EXTRAS ${FLATNET_BINDINGS})
target_compile_options(_core PRIVATE ${FLATNET_FLOOR} ${FLATNET_WARNINGS} -ffp-contract=off)
target_compile_definitions(_core PRIVATE FLATNET_VERSION="${PROJECT_VERSION}"
                           FLATNET_COMPILER="${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
target_link_libraries(_core PRIVATE flatnet flatnet_eigen)
# A quarter of what the bindings take to compile is reading pybind11.
target_precompile_headers(_core PRIVATE <pybind11/numpy.h> <pybind11/stl.h>)
# The extension offers its initialisation and nothing else: the standard library's inline functions in it stay its own.
if(APPLE)
  target_link_options(_core PRIVATE -Wl,-exported_symbol,_PyInit__core)
else()
  target_link_options(_core PRIVATE "-Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/core.map")
  set_target_properties(_core PROPERTIES LINK_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/core.map")
endif()
install(TARGETS _core DESTINATION flatnet)
