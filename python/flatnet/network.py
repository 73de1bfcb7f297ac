"""Networks: layers in the order in which they are applied (Lin & Tegmark, Eq. 6)."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

import numpy as np

from . import _check
from .certificate import Certificate
from .cost import ratio
from .factors import Dense, Factor, Sparse
from .operator import ACTIVATIONS, Array, Operator

_SHOWN_LAYERS = 24


class Layer(Operator):
    """activation(weight @ x + bias).

    Parameters
    ----------
    weight : Factor, ndarray or scipy.sparse
        The matrix, (n_out, n_in).
    bias : array_like, shape (n_out,), optional
        Added before the activation. Biases are not synapses.
    activation : str, optional
        "logistic", "relu", "square", "tanh", "softplus", "gelu", "silu", "sin" or "exp", applied to each output, or
        "softmax" over all outputs of the layer (docs/activations.md); None: the identity.

    Raises
    ------
    ValueError, TypeError
        If the sizes differ, the bias is not finite, or the activation is unknown.

    Examples
    --------
    >>> import numpy as np, flatnet as fn
    >>> fn.Layer(np.eye(2), bias=[0.0, 1.0], activation="relu")([-1.0, 1.0])
    array([0., 2.])
    """

    def __init__(self, weight: Any, bias: Any = None, activation: str | None = None) -> None:
        self.weight = as_factor(weight, "a layer")
        self.bias = None if bias is None else _bias(bias, self.weight)
        if activation == "identity":
            activation = None
        if activation is not None and activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS[1:])
            raise ValueError(f"activations are {known} or None, got {activation!r}")
        if activation is not None and self.weight.dtype.kind == "c":
            raise TypeError(f"activations work on real layers, the weight is {self.weight.dtype.name}")
        self.activation = activation

    @property
    def layers(self) -> tuple[Layer, ...]:  # type: ignore[override]
        """The layer itself."""
        return (self,)

    def __reduce__(self) -> tuple[Any, ...]:
        return Layer, (self.weight, self.bias, self.activation)

    def __repr__(self) -> str:
        extra = (", bias" if self.bias is not None else "") + (f", {self.activation}" if self.activation else "")
        return f"Layer({self.weight!r}{extra})"


class Network(Operator):
    """A chain of layers, listed in the order in which they are applied: ``net[0]`` is A_1.

    Parameters
    ----------
    layers : iterable
        ndarray, scipy.sparse, Factor, Layer or Network; the first one is applied first.
    name : str, optional
        Shown by reports.
    dtype : optional
        float32, float64, complex64 or complex128: all weights are converted and pinned to it.
    flat_form : Network, optional
        A known flat network of the same function; gives C_n its upper end.
    info : dict, optional
        Facts about the construction.
    certificate : Certificate, optional
        What the network computes, where and how exactly. Kept by pickle, copies, `save` and `load`; slices and compositions
        have none. With one, a call outside its domain warns with `OutsideDomainWarning`.

    Raises
    ------
    ValueError, TypeError
        If the list is empty, an item is no layer, or neighbours do not chain.

    Notes
    -----
    .. math:: f(x) = \\sigma_L(A_L \\cdots \\sigma_1(A_1 x + b_1) \\cdots + b_L)    (Lin & Tegmark 2016, Eq. 6)

    Examples
    --------
    >>> import numpy as np, flatnet as fn
    >>> net = fn.Network([np.ones((3, 2)), np.ones((1, 3))])
    >>> net.shape, net.depth, net.synapses, net.neurons
    ((1, 2), 1, 9, 3)
    >>> net([1.0, 2.0])
    array([9.])
    """

    def __init__(
        self,
        layers: Iterable[Any],
        *,
        name: str = "",
        dtype: Any = None,
        flat_form: Network | None = None,
        info: dict[str, Any] | None = None,
        certificate: Certificate | None = None,
    ) -> None:
        if isinstance(layers, (Operator, np.ndarray, str)) or hasattr(layers, "tocsr"):
            layers = [layers]
        if not isinstance(layers, Iterable):
            raise TypeError(f"a network needs a list of layers, got {type(layers).__name__}")
        items = [layer for i, item in enumerate(layers) for layer in _as_layers(item, i)]
        if not items:
            raise ValueError("a network needs at least one layer, got an empty list")
        if dtype is not None:
            items = [_pinned(layer, dtype) for layer in items]
        for i, (first, second) in enumerate(zip(items, items[1:], strict=False)):
            if first.weight.shape[0] != second.weight.shape[1]:
                raise ValueError(
                    f"layer {i} gives {first.weight.shape[0]} outputs, layer {i + 1} takes {second.weight.shape[1]} inputs"
                )
        self.layers = tuple(items)
        self.name = name
        self.flat_form = flat_form
        self.info = dict(info or {})
        self.certificate = self._watched = _fitting(certificate, self.shape[1])

    @cached_property
    def _plain(self) -> Callable[[Any], Array | None]:  # type: ignore[override]
        call, watched = self._plain_call(0), self._watched
        if watched is None:
            return call

        def checked(x: Any) -> Array | None:
            y = call(x)
            if y is not None:  # otherwise `apply` does it all, this check included
                watched.check(x, name=self.name)
            return y

        return checked

    def nnz_sum(self) -> int:
        """Non-zero weights of all layers: `synapses` under FAuST's name.

        Examples
        --------
        >>> import flatnet as fn
        >>> net = fn.hadamard(1024)
        >>> net.nnz_sum(), net.density(), net.rcg()
        (20480, 0.01953125, 51.2)
        """
        return self.synapses

    def density(self) -> float:
        """Non-zero weights over the entries of the matrix, FAuST's density; nan for a matrix without entries."""
        rows, cols = self.shape
        return ratio(self.synapses, rows * cols)

    def rcg(self) -> float:
        """Relative complexity gain, as FAuST defines it: 1 / `density`, inf where nothing is left to compute.

        The rival is the full matrix; `flatnet.flattening_cost` compares with the non-zeros of the product.
        """
        density = self.density()
        return math.inf if density == 0 else 1 / density

    def __len__(self) -> int:
        return len(self.layers)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        # One opaque object, not a sequence of layers: scipy.sparse then leaves `S @ net` to us. The matrix is toarray().
        a = np.empty((), dtype=object)
        a[()] = self
        return a

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __getitem__(self, key: int | slice) -> Any:
        if isinstance(key, slice):
            if key.step not in (None, 1):
                raise ValueError(f"a network is sliced in the order of its layers, got a step of {key.step}")
            part = self.layers[key]
            if not part:
                raise ValueError(
                    f"a slice of a network needs at least one layer, [{key.start}:{key.stop}] of {len(self)} holds none"
                )
            return Network(part)
        i = _check.integer("a network", "index", key)
        if not -len(self) <= i < len(self):
            raise IndexError(f"the network has {len(self)} layers, got index {i}")
        return self.layers[i]

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.layers, self.name, self.flat_form, self.info, self.certificate)

    def _rows(self) -> list[tuple[str, ...]]:
        """One row a layer: number, kind, size, pattern, synapses, the rest."""
        rows: list[tuple[str, ...]] = []
        for i, layer in enumerate(self.layers):
            w = layer.weight
            pattern = "({}, {}, {}, {})".format(*w.pattern) if w.pattern else ""
            extra = [s for s in ("bias" if layer.bias is not None else "", layer.activation or "") if s]
            rows.append((str(i), w.kind, f"{w.shape[1]} -> {w.shape[0]}", pattern, str(w.synapses), ", ".join(extra)))
        if len(rows) > _SHOWN_LAYERS:
            half = _SHOWN_LAYERS // 2
            rows = [*rows[:half], ("...", "", "", "", "", f"{len(rows) - 2 * half} more"), *rows[-half:]]
        return rows

    def _title(self) -> str:
        rows, cols = self.shape
        label = f" {self.name}" if self.name else ""
        kind = "linear" if self.is_linear else "non-linear"
        counts = f"depth {self.depth}, {self.synapses} synapses, {self.neurons} neurons"
        return f"Network{label}: {cols} -> {rows}, {kind}, {counts}, {self.dtype.name}"

    def __repr__(self) -> str:
        rows = self._rows()
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        lines = []
        for row in rows:
            cells = [
                cell.rjust(w) if i in (0, 4) else cell.ljust(w) for i, (cell, w) in enumerate(zip(row[:5], widths, strict=True))
            ]
            lines.append(
                "  " + "  ".join(c for c, w in zip(cells, widths, strict=True) if w) + (f"  {row[5]}" if row[5] else "")
            )
        return "\n".join([self._title(), *(line.rstrip() for line in lines)])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{h}</th>" for h in ("layer", "factor", "size", "(a, b, c, d)", "synapses", ""))
        body = "".join("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in self._rows())
        return (
            f"<table><caption>{html.escape(self._title())}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def __rich__(self) -> Any:
        from rich.table import Table

        table = Table(title=self._title(), title_justify="left")
        for heading, justify in zip(("layer", "factor", "size", "(a, b, c, d)", "synapses", ""), "rlllrl", strict=True):
            table.add_column(heading, justify="right" if justify == "r" else "left")
        for row in self._rows():
            table.add_row(*row)
        return table


def _rebuild(
    layers: tuple[Layer, ...],
    name: str,
    flat_form: Network | None,
    info: dict[str, Any],
    certificate: Certificate | None = None,
) -> Network:
    return Network(layers, name=name, flat_form=flat_form, info=info, certificate=certificate)


def _fitting(certificate: Any, inputs: int) -> Certificate | None:
    if certificate is None:
        return None
    if not isinstance(certificate, Certificate):
        raise TypeError(f"a network needs a Certificate, got {type(certificate).__name__}")
    if len(certificate.domain) not in (1, inputs):
        raise ValueError(f"a network of {inputs} inputs needs a certificate for as many, got {len(certificate.domain)}")
    return certificate


def as_factor(item: Any, where: str) -> Factor:
    """A factor from a Factor, ndarray, nested list or scipy.sparse matrix."""
    if isinstance(item, Factor):
        return item
    if hasattr(item, "tocsr"):
        return Sparse(item)
    if isinstance(item, (np.ndarray, list, tuple)):
        return Dense(item)
    raise TypeError(f"{where} needs a Factor, an array or a scipy.sparse matrix, got {type(item).__name__}")


def _as_layers(item: Any, i: int) -> tuple[Layer, ...]:
    if isinstance(item, Operator):
        return item.layers
    return (Layer(as_factor(item, f"layer {i} of a network")),)


def _pinned(layer: Layer, dtype: Any) -> Layer:
    d = _check.dtype_of("a network", dtype)
    if layer.weight.dtype.kind == "c":
        d = np.result_type(d, np.complex64)
    bias = (
        None
        if layer.bias is None
        else layer.bias.astype(np.result_type(d, np.complex64) if layer.bias.dtype.kind == "c" else d)
    )
    weight = layer.weight if layer.weight.kind == "Permutation" else layer.weight.astype(d)
    return Layer(weight, bias, layer.activation)


def _bias(bias: Any, weight: Factor) -> Array:
    b = _check.finite_array("a layer", "bias", bias, 1).copy()
    if b.size != weight.shape[0]:
        raise ValueError(f"a layer of {weight.shape[0]} outputs needs as many biases, got {b.size}")
    b.flags.writeable = False
    return b
