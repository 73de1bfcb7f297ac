# The extension flatnet._core: bindings over the same static library that embedders link.
set(PYBIND11_FINDPYTHON ON)
find_package(pybind11 3 CONFIG REQUIRED)
include(FlatnetEigen)
file(GLOB FLATNET_BINDINGS CONFIGURE_DEPENDS "${FLATNET_CPP}/bindings/*.cpp")
pybind11_add_module(_core MODULE NO_EXTRAS ${FLATNET_BINDINGS})
target_compile_options(_core PRIVATE ${FLATNET_FLOOR} ${FLATNET_WARNINGS} -ffp-contract=off)
target_compile_definitions(_core PRIVATE FLATNET_VERSION="${PROJECT_VERSION}"
                           FLATNET_COMPILER="${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
target_link_libraries(_core PRIVATE flatnet flatnet_eigen)
if(NOT APPLE)
  target_link_options(_core PRIVATE -Wl,--exclude-libs,ALL)
endif()
install(TARGETS _core DESTINATION flatnet)
