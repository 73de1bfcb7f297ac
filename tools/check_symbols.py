#!/usr/bin/env python3
"""No code compiled above the ABI floor may become everyone's copy.

A weak or unique symbol (an inline function, a template) that two object files define is kept once, and the linker
picks either copy. If one of them was compiled for AVX-512, a machine without it dies in a function that looks harmless.
So every symbol that an object of src/isa/ offers to the linker must carry its instruction set's namespace in its name
(``flatnet::isa_v4``, mangled ``6isa_v4``): no other object can then define the same one.

    check_symbols.py BUILD_DIR              every object of src/isa/ below BUILD_DIR
    check_symbols.py --extension FILE       a built extension exports PyInit__core and nothing else
    check_symbols.py --self-test            compile a good and a bad object, and see the bad one found

Exit status 0 if all is well, 1 with one line per offending symbol, 2 if there was nothing to check.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ISAS = ("v2", "v3", "v4", "neon")
EXPORTS = {"PyInit__core"}
# What a linker or the C run-time adds to every shared object.
LINKER_SYMBOLS = {"_init", "_fini", "__bss_start", "_edata", "_end"}

GOOD = """
namespace flatnet::isa_v3 {
namespace { template <class T> T twice(T x) { return x + x; } }
template <class T> T thrice(T x) { return twice(x) + x; }
extern const float table; const float table = thrice(1.0f);
}
"""
BAD = """
template <class T> __attribute__((noinline)) T shared_by_all(T x) { return x * x; }
namespace flatnet::isa_v3 { float use(float x); float use(float x) { return shared_by_all(x); } }
"""


def defined_symbols(path: Path, *, dynamic: bool = False) -> list[str]:
    """Mangled names of the symbols that a file offers to other files."""
    options = ["--dynamic"] if dynamic else []
    nm = os.environ.get("NM", "nm")
    command = [nm, "--defined-only", "--extern-only", "--format=posix", *options, str(path)]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [line.split()[0].split("@")[0] for line in listing.splitlines() if line.strip()]


def readable(symbol: str) -> str:
    return subprocess.run(["c++filt", symbol], check=True, capture_output=True, text=True).stdout.strip()


def isa_of(path: Path) -> str | None:
    """The instruction set that an object was built for: v3 of .../isa/v3.cpp.o."""
    stem = path.name.split(".")[0]
    return stem if stem in ISAS and path.parent.name == "isa" else None


def check_object(path: Path, isa: str) -> list[str]:
    """One sentence per symbol that another object could define too."""
    namespace = f"isa_{isa}"
    mark = f"{len(namespace)}{namespace}"
    return [
        f"{path}: {readable(symbol)} is not in flatnet::{namespace}" for symbol in defined_symbols(path) if mark not in symbol
    ]


def check_extension(path: Path) -> list[str]:
    """One sentence per exported symbol that is not the module's entry."""
    exported = {
        symbol.removeprefix("_") if sys.platform == "darwin" else symbol for symbol in defined_symbols(path, dynamic=True)
    }
    if not exported >= EXPORTS:
        return [f"{path}: does not export {', '.join(sorted(EXPORTS - exported))}"]
    return [f"{path}: exports {readable(symbol)}" for symbol in sorted(exported - EXPORTS - LINKER_SYMBOLS)]


def self_test() -> list[str]:
    """Sentences about what the check fails to see."""
    failures = []
    compiler = os.environ.get("CXX", "c++")
    with tempfile.TemporaryDirectory() as folder:
        for name, source, expected in [("good", GOOD, 0), ("bad", BAD, 1)]:
            place = Path(folder, name, "isa")
            place.mkdir(parents=True)
            text, target = place / "v3.cpp", place / "v3.cpp.o"
            text.write_text(source)
            subprocess.run([compiler, "-std=c++17", "-O0", "-c", str(text), "-o", str(target)], check=True)
            found = check_object(target, "v3")
            if len(found) != expected:
                failures.append(f"the {name} object has {expected} offending symbols, found {found}")
        library = Path(folder, "library.so")
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-o", str(library), str(Path(folder, "bad", "isa", "v3.cpp"))], check=True
        )
        if not check_extension(library):
            failures.append("a library without PyInit__core passed as an extension")
    return failures


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check that no symbol built above the ABI floor can be shared.")
    parser.add_argument("build", nargs="*", type=Path, help="build folders that hold objects of src/isa/")
    parser.add_argument("--extension", action="append", default=[], type=Path, help="a built _core extension")
    parser.add_argument("--self-test", action="store_true", help="show that the check can fail")
    options = parser.parse_args(arguments)

    offences: list[str] = []
    checked = 0
    for folder in options.build:
        for path in sorted(folder.rglob("*.o")):
            if (isa := isa_of(path)) is not None:
                offences += check_object(path, isa)
                checked += 1
    for path in options.extension:
        offences += check_extension(path)
        checked += 1
    if options.self_test:
        offences += self_test()
        checked += 1
    for offence in offences:
        print(offence, file=sys.stderr)
    if not checked:
        print("nothing to check: no object of src/isa/ found", file=sys.stderr)
        return 2
    print(f"{checked} checked, {len(offences)} offending symbols")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
