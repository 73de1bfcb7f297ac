"""The house rules: fixed names and signatures, docstrings that run, one version, a true stub, files one can read."""

from __future__ import annotations

import doctest
import importlib
import importlib.metadata
import importlib.util
import inspect
import pathlib
import pkgutil
import re
import subprocess
import sys
import types

import flatnet as fn
import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
LONGEST_FILE = 450  # lines
DOCTEST_FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS

# The public surface: names and leading parameters that callers may rely on. More parameters may follow.
FUNCTIONS = {
    "hadamard": "n, norm='backward', base=1",
    "dft": "n, norm='backward', real=False",
    "idft": "n",
    "dct": "n, type=2",
    "dst": "n, type=2",
    "haar": "n, levels=None",
    "wavelet": "name, n, levels=None, mode='periodization'",
    "zeta": "m",
    "mobius": "m",
    "convolution": "kernel, n",
    "low_rank": "A, rank",
    "random_sparse": "n, p, layers=2, seed=0",
    "random_butterfly": "n, seed=0",
    "matmul": "N, columns, scheme='strassen', levels=1",
    "product_gate": "activation='logistic', neurons=4, scale='auto', domain=(-1, 1), dtype=float64",
    "bit_product": "k, sharpness=None, tol=None",
    "copy_gate": "activation='logistic', scale='auto', domain=(-1, 1)",
    "product_tree": "n",
    "product_flat": "n, neurons=None",
    "monomial": "powers",
    "tent_map": "k",
    "polynomial": "terms, tol=None, domain=None, activation='logistic'",
    "quadratic_form": "h, linear=None, constant=0.0",
    "bit_polynomial": "terms, tol=None",
    "bit_function": "table, tol=None",
    "bit_symmetric": "values, tol=None",
    "bit_parity": "n, tol=None",
    "multilinear": "table",
    "truth_table": "coefficients",
    "classifier": "hamiltonians, priors",
    "from_sklearn": "estimator",
    "kron": "a, b",
    "block_diag": "*nets",
    "hstack": "nets",
    "vstack": "nets",
    "as_linear_operator": "net",
    "save": "path, net",
    "load": "path",
    "cost": "net",
    "flattening_cost": "net, depth=0, eps=0.0, max_range=None",
    "predict_nnz": "net, i=0, j=None, samples=64, seed=0",
    "profile": "net, batch=None, measure=False",
    "measure": "net, batch=256, threads=1",
    "expected_flattening_cost": "n, p",
    "show_config": "",
    "get_include": "",
    "get_cmake_dir": "",
}
CLASSES = {
    "Dense": "A",
    "Sparse": "csr",
    "Diagonal": "v",
    "Permutation": "index",
    "Kronecker": "a, K, d",
    "KroneckerSparse": "values",
    "FourierStage": "",
    "Network": "layers",
    "Layer": "weight, bias=None, activation=None",
    "Interval": "",
    "Cost": "",
    "Certificate": "error, domain, dtype, statement",
    "FlatteningCost": "",
    "Profile": "",
    "Measurement": "",
    "Estimate": "",
}
METHODS = {
    "Network.apply": "x, axis=-1, out=None, threads=None",
    "Network.flops": "batch=1",
    "Network.toarray": "",
    "Network.flatten": "depth=0, eps=0.0",
    "Network.conj": "",
    "Network.nnz_sum": "",
    "Network.density": "",
    "Network.rcg": "",
    "Network.draw": "",
}
ATTRIBUTES = {
    "Network": "T H layers shape dtype is_linear synapses neurons depth nbytes flat_form name __call__ __matmul__ "
    "__rmatmul__ __getitem__ __len__ __iter__ __mul__ __rmul__ _repr_html_",
    "Factor": "T H conj shape dtype synapses nbytes toarray",
    "FlatteningCost": "C_s C_n net error range class_of_networks",
    "Cost": "synapses neurons depth flops bytes",
    "Estimate": "value lower upper exact method",
    "Interval": "lower upper",
    "Profile": "rows to_dict plot",
    "Measurement": "deep flat ratio flat_method",
}
EXAMPLES = {"Network": lambda: fn.hadamard(4), "Factor": lambda: fn.Diagonal([1.0])}


def resolve(name: str) -> object:
    item: object = fn
    for part in name.split("."):
        item = getattr(item, part)
    return item


def leading_parameters(function: object) -> dict[str, object]:
    """Parameter names and defaults; a call that takes *args reports it as '*args'."""
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        found[stars + name] = parameter.default
    found.pop("self", None)
    return found


def expected_parameters(text: str) -> dict[str, object]:
    scope: dict[str, object] = {"float64": np.float64}
    starred = [part.strip() for part in text.split(",") if part.strip().startswith("*")]
    if starred:
        return {starred[0]: inspect.Parameter.empty}
    exec(f"def f({text}): pass", scope)
    return {name: p.default for name, p in inspect.signature(scope["f"]).parameters.items()}


@pytest.mark.parametrize(("name", "text"), (FUNCTIONS | CLASSES | METHODS).items())
def test_public_signatures(name: str, text: str) -> None:
    found = list(leading_parameters(resolve(name)).items())
    for place, (parameter, default) in enumerate(expected_parameters(text).items()):
        assert found[place][0] == parameter, f"{name}: parameter {place}"
        same = np.dtype(found[place][1]) == np.dtype(default) if default is np.float64 else found[place][1] == default
        assert same, f"{name}: default of {parameter}"


@pytest.mark.parametrize(("owner", "names"), ATTRIBUTES.items())
def test_public_attributes(owner: str, names: str) -> None:
    there = dir(EXAMPLES[owner]() if owner in EXAMPLES else getattr(fn, owner))
    there += getattr(getattr(fn, owner), "__dataclass_fields__", ())
    assert not set(names.split()) - set(there)


def test_all_lists_what_there_is() -> None:
    assert set(fn.__all__) <= set(dir(fn))
    assert {*FUNCTIONS, *CLASSES, "Factor", "__version__"} <= {*fn.__all__, "__version__"}
    assert len(set(fn.__all__)) == len(fn.__all__)


PUBLIC = sorted(name for name in fn.__all__ if callable(getattr(fn, name)) and not name.startswith("_"))


@pytest.mark.parametrize("name", PUBLIC)
def test_docstrings_are_numpydoc(name: str) -> None:
    item = getattr(fn, name)
    text = inspect.getdoc(item) or ""
    sections = {match.group(1) for match in re.finditer(r"^(\w[\w ]+)\n-{3,}$", text, re.MULTILINE)}
    assert text.split("\n", maxsplit=1)[0].rstrip().endswith("."), f"{name}: the first line is a sentence"
    if isinstance(item, type) and issubclass(item, BaseException):
        return
    shown = "Examples" in sections and ">>> " in text
    # Nobody calls the constructor of a result (or of a base class): its attributes are what a reader needs.
    assert shown or (isinstance(item, type) and "Attributes" in sections), f"{name} has no example"
    if inspect.isfunction(item):
        assert "Returns" in sections or "Yields" in sections or item.__annotations__.get("return") == "None", name
        takes_something = bool(leading_parameters(item))
        assert ("Parameters" in sections) == takes_something, name


def modules() -> list[str]:
    names = [info.name for info in pkgutil.walk_packages(fn.__path__, "flatnet.")]
    return ["flatnet", *(n for n in names if not n.endswith(("._core", ".__main__")))]


@pytest.mark.parametrize("name", modules())
def test_docstring_examples_run(name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    with np.printoptions(precision=8, suppress=False):
        failed, _ = doctest.testmod(module, optionflags=DOCTEST_FLAGS, extraglobs={"fn": fn, "np": np})
    assert failed == 0


DOCS = ["index", "quickstart", "concepts", "layout", "extending", "embedding", "hamiltonians"]


@pytest.mark.parametrize("page", DOCS)
def test_docs_have_every_page(page: str) -> None:
    assert (ROOT / "docs" / f"{page}.md").is_file()
    if page != "index":
        assert f"{page}.md" in (ROOT / "docs" / "index.md").read_text(), "the index links every page"


def test_import_leaves_the_heavy_libraries_alone() -> None:
    heavy = ["scipy", "rich", "matplotlib", "sklearn", "pywt", "networkx", "mpmath"]
    code = f"import sys, flatnet; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert result.stdout.strip() == "[]"


def test_one_version() -> None:
    versions = {
        "flatnet.__version__": fn.__version__,
        "installed": importlib.metadata.version("flatnet"),
        "pyproject.toml": first(r'^version = "(.+)"', "pyproject.toml"),
        "CMakeLists.txt": first(r"project\(flatnet VERSION (\S+)", "CMakeLists.txt"),
        "CITATION.cff": first(r"^version: (\S+)", "CITATION.cff"),
        "CHANGELOG.md": first(r"^## \[?v?(\d[\w.]*)", "CHANGELOG.md"),
    }
    assert len(set(versions.values())) == 1, versions


def first(pattern: str, file: str) -> str:
    match = re.search(pattern, (ROOT / file).read_text(), re.MULTILINE)
    assert match, f"{file} does not say its version"
    return match.group(1)


def tool(name: str) -> types.ModuleType:
    specification = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_stub_agrees_with_the_extension() -> None:
    core = importlib.import_module("flatnet._core")
    stub = pathlib.Path(fn.__file__).with_name("_core.pyi")
    assert tool("check_stub").differences(core, stub) == []


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("def f(self, a: int, *, b: float = ...) -> int: ...", None),
        ("def f(self, a: int, b: float = ...) -> int: ...", "(self, a, *, b=...) is (self, a, b=...) in the stub"),
        ("def f(self, a: int, *, b: float) -> int: ...", "(self, a, *, b=...) is (self, a, *, b) in the stub"),
        (
            "def f(self, c: int, *, b: float = ...) -> int: ...",
            "(self, a, *, b=...) is (self, c, *, b=...) in the stub",
        ),
        ("def g(self) -> int: ...", "the stub does not have it"),
    ],
)
def test_stub_check_can_fail(line: str, sentence: str | None, tmp_path: pathlib.Path) -> None:
    class Fake:
        def f(*args: object) -> None: ...

        f.__doc__ = 'f(self: fake.Fake, a: typing.SupportsInt, *, b: dict[str, float] = {"x, y)": 1.0}) -> int'

    module = types.ModuleType("fake")
    module.Fake = Fake
    stub = tmp_path / "fake.pyi"
    stub.write_text(f"class Fake:\n    {line}\n")
    found = tool("check_stub").differences(module, stub)
    assert found == [] if sentence is None else any(sentence in difference for difference in found)


SOURCES = sorted(
    path
    for folder in ("python", "src", "tests", "tools", "bench", "examples")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".pyi", ".hpp", ".cpp", ".h", ".inc", ".sh"} and "build" not in path.parts
)


def test_files_stay_short() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert len(lengths) > 50
    assert not {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE}


def test_no_blanket_silencing() -> None:
    blanket = re.compile(r"# type: ignore(?!\[)|#\s*noqa(?!:)|pytest\.mark\.xf" + "ail")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCES
        if path.suffix == ".py" and path != pathlib.Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if blanket.search(line)
    ]
    assert not found
