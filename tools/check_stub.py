#!/usr/bin/env python3
"""Holds the stub _core.pyi against the extension it describes.

The extension's side is read from the objects (which names exist) and from the signatures that pybind11 writes at the
top of each docstring (parameter names, order, defaults, keyword-only parameters, number of overloads). Types are left
to mypy.

    check_stub.py            the installed flatnet; exit status 1 with one line per difference
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple


class Parameter(NamedTuple):
    """A parameter as far as a caller sees it: its name, whether it may be left out, whether it needs its name."""

    name: str
    optional: bool
    keyword_only: bool


def differences(module: ModuleType, stub: Path) -> list[str]:
    """One sentence for each name, parameter or overload on which a stub and its module disagree."""
    tree = ast.parse(stub.read_text())
    return list(_compare(module.__name__, module, tree.body))


def _compare(where: str, owner: Any, body: list[ast.stmt]) -> Iterator[str]:
    declared = _declarations(body)
    actual = {name: value for name, value in vars(owner).items() if _is_public(name, value)}
    for name in sorted(actual.keys() - declared.keys()):
        yield f"{where}.{name} is in the extension, the stub does not have it"
    for name, nodes in declared.items():
        there = inspect.getattr_static(owner, name, None)
        if there is None:
            yield f"{where}.{name} is in the stub, the extension does not have it"
        elif isinstance(nodes[0], ast.ClassDef):
            yield from _compare(f"{where}.{name}", there, nodes[0].body)
        elif isinstance(nodes[0], ast.FunctionDef) and not _is_property(nodes[0]):
            stubs = [_stub_parameters(node) for node in nodes if isinstance(node, ast.FunctionDef)]
            yield from _compare_signatures(f"{where}.{name}", docstring_signatures(name, there), stubs)


def _declarations(body: list[ast.stmt]) -> dict[str, list[ast.stmt]]:
    declared: dict[str, list[ast.stmt]] = {}
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            declared.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            declared.setdefault(node.target.id, []).append(node)
        elif isinstance(node, ast.Assign):  # members of an enumeration
            for target in node.targets:
                if isinstance(target, ast.Name):
                    declared.setdefault(target.id, []).append(node)
    return {name: nodes for name, nodes in declared.items() if not name.startswith("_") or _is_dunder(name)}


def _is_public(name: str, value: object) -> bool:
    return not name.startswith("_") and not isinstance(value, ModuleType)


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _is_property(node: ast.FunctionDef) -> bool:
    names = {d.id if isinstance(d, ast.Name) else getattr(d, "attr", "") for d in node.decorator_list}
    return bool(names & {"property", "setter", "cached_property"})


def _stub_parameters(node: ast.FunctionDef) -> list[Parameter]:
    arguments = node.args
    positional = arguments.posonlyargs + arguments.args
    required = len(positional) - len(arguments.defaults)
    parameters = [Parameter(a.arg, i >= required, False) for i, a in enumerate(positional)]
    if arguments.vararg:
        parameters.append(Parameter("*" + arguments.vararg.arg, True, False))
    parameters += [
        Parameter(a.arg, default is not None, True)
        for a, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    if arguments.kwarg:
        parameters.append(Parameter("**" + arguments.kwarg.arg, True, True))
    return parameters


def docstring_signatures(name: str, function: Any) -> list[list[Parameter]]:
    """The overloads that pybind11 describes in a docstring; none where it wrote none."""
    lines = (inspect.getdoc(function) or "").splitlines()
    pattern = re.compile(rf"^(?:\d+\. )?{re.escape(name)}\((.*)\)(?: -> .*)?$")
    found = [match.group(1) for line in lines if (match := pattern.match(line.strip()))]
    return [_parse(text) for text in found if text != "*args, **kwargs"]


def _parse(text: str) -> list[Parameter]:
    parameters: list[Parameter] = []
    keyword_only = False
    for part in _split(text):
        name = re.split(r"[:=]", part, maxsplit=1)[0].strip()
        if part == "*":
            keyword_only = True
        elif part != "/":
            optional = name.startswith("*") or _has_default(part)
            parameters.append(Parameter(name, optional, keyword_only or name.startswith("**")))
            keyword_only |= name.startswith("*") and not name.startswith("**")
    return parameters


def _split(text: str) -> list[str]:
    """Parts between the commas that stand outside brackets and quotes."""
    parts, depth, quote, start = [], 0, "", 0
    for i, c in enumerate(text):
        if quote:
            quote = "" if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif c == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    tail = text[start:].strip()
    return [*parts, tail] if tail else parts


def _has_default(part: str) -> bool:
    return " = " in part or re.fullmatch(r"\w+=.+", part) is not None


def _compare_signatures(where: str, actual: list[list[Parameter]], stubs: list[list[Parameter]]) -> Iterator[str]:
    if not actual:  # a slot of the type itself, or a docstring of another make
        return
    if len(actual) != len(stubs):
        yield f"{where} has {len(actual)} signatures, the stub {len(stubs)}"
        return
    for real, stub in zip(actual, stubs, strict=True):
        unnamed = [p._replace(name=s.name) if re.fullmatch(r"arg\d+", p.name) else p for p, s in zip(real, stub)]
        if len(real) != len(stub) or unnamed != stub:
            yield f"{where}({_show(real)}) is ({_show(stub)}) in the stub"


def _show(parameters: list[Parameter]) -> str:
    shown, keyword_only = [], False
    for p in parameters:
        if p.keyword_only and not keyword_only:
            shown.append("*")
            keyword_only = True
        shown.append(p.name + ("=..." if p.optional and not p.name.startswith("*") else ""))
    return ", ".join(shown)


def main() -> int:
    module = importlib.import_module("flatnet._core")
    package = importlib.import_module("flatnet")
    found = differences(module, Path(str(package.__file__)).with_name("_core.pyi"))
    for sentence in found:
        print(sentence)
    print(f"{len(found)} differences between flatnet._core and its stub")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
