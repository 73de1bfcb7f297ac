"""What factors, layers and networks share: applying to data, composing, transposing, counting."""

from __future__ import annotations

import numbers
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _array, _check, _core

if TYPE_CHECKING:
    from .certificate import Certificate
    from .network import Layer, Network

Array = np.ndarray[Any, Any]
# In the order of kernels::Activation.
ACTIVATIONS = ("identity", "logistic", "relu", "square", "softmax", "tanh", "softplus", "gelu", "silu", "sin", "exp")


class Operator:
    """A chain of layers. Subclasses give `layers`, a non-empty tuple in the order of application."""

    __array_ufunc__ = None  # NumPy hands operators over to ours
    layers: tuple[Layer, ...]
    certificate: Certificate | None = None
    _watched: Certificate | None = None  # whose domain inputs are held to; a plan watches that of the network it was made for

    @property
    def shape(self) -> tuple[int, int]:
        """(outputs, inputs), as the matrix has rows and columns."""
        return self.layers[-1].weight.shape[0], self.layers[0].weight.shape[1]

    @cached_property
    def _sizes(self) -> tuple[int, int]:
        return self.shape

    @cached_property
    def _promotion(self) -> _array.Promotion:
        return _array.Promotion(self.layers)

    @cached_property
    def _runner(self) -> _core.Network:
        return _core.Network(
            [(layer.weight._handle, layer.bias, ACTIVATIONS.index(layer.activation or "identity")) for layer in self.layers]
        )

    def _plain_call(self, threads: int) -> _core.NetworkCall:
        """What runs on plain arrays whose dtype the computation keeps, without detours; None from it: not such an array."""
        result = self._promotion.result
        kept = [np.dtype(name) == result(np.dtype(name)) for name in _check.FLOATS]
        return _core.network_call(self._runner, sum(1 << k for k, keeps in enumerate(kept) if keeps), threads)

    @cached_property
    def _plain(self) -> _core.NetworkCall:
        return self._plain_call(0)

    @cached_property
    def _growth(self) -> float:
        return self._runner.growth()

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the pinned weights (NumPy promotion), double precision if there are none."""
        return self._promotion.dtype

    @property
    def is_linear(self) -> bool:
        """True without biases and activations: the network is a matrix."""
        return all(layer.bias is None and layer.activation is None for layer in self.layers)

    @property
    def depth(self) -> int:
        """Hidden layers: the number of layers - 1."""
        return len(self.layers) - 1

    @property
    def synapses(self) -> int:
        """Non-zero weights, summed over the layers (flatnet.cost.CONVENTIONS); biases are not synapses."""
        return sum(layer.weight.synapses for layer in self.layers)

    @property
    def neurons(self) -> int:
        """Hidden units: the widths of all layers but the last, summed."""
        return sum(layer.weight.shape[0] for layer in self.layers[:-1])

    @property
    def nbytes(self) -> int:
        """Stored bytes: weights, index arrays and biases; shared weights once."""
        return sum(layer.weight.nbytes + (layer.bias.nbytes if layer.bias is not None else 0) for layer in self.layers)

    @property
    def steps(self) -> list[str]:
        """What runs: the runs of stages seen in the layers, and the layers between them, in order.

        Hadamard, Fourier and butterfly stages are recognised by their patterns and weights, whatever they are called and
        however they were assembled, and run on the kernels of `flatnet.fwht` and `flatnet.fft`. The layers stay as they
        were given for counting, slicing and flattening. Weights of float32 and complex64 are read as the roots of unity
        they round when the network computes in their precision only; `steps` says what runs in the network's own `dtype`.

        Returns
        -------
        list of str

        Examples
        --------
        >>> import numpy as np, flatnet as fn
        >>> H = [[1.0, 1.0], [1.0, -1.0]]
        >>> fn.Network([fn.Kronecker(2**(9 - s), H, 2**s) for s in range(10)]).steps
        ['hadamard 1024']
        >>> (0.5 * fn.dft(1024)).steps, fn.dft(1024).H.steps
        (['fourier 1024 x 0.5'], ['inverse fourier 1024'])
        >>> fn.Network([np.ones((64, 3)), fn.dft(64)[2:]]).steps
        ['layer 0 Dense', 'twiddles', 'fourier 16 (a=1, d=4)']
        """
        return self._runner.steps(self.dtype)

    def flops(self, batch: int = 1) -> int:
        """Real floating-point operations of one call: 2 a real synapse, 8 a complex one, times `batch`."""
        from .cost import flops_per_synapse

        n = _check.nonnegative_int("flops", "batch", batch)
        return n * sum(flops_per_synapse(layer.weight.dtype) * layer.weight.synapses for layer in self.layers)

    def __call__(self, x: Any) -> Array:
        """Apply to the last axis: ``(..., n_in) -> (..., n_out)``."""
        y = self._plain(x)
        return self.apply(x) if y is None else y

    def apply(self, x: Any, axis: int = -1, out: Array | None = None, threads: int | None = None, *, isa: str = "") -> Array:
        """Apply the network along one axis; all other axes are batch.

        Parameters
        ----------
        x : array_like
            Integers, float32, float64, complex64 or complex128, any strides and byte order; `n_in` elements on `axis`.
        axis : int, optional
            The axis that holds the vectors.
        out : ndarray, optional
            Where to write: shape of `x` with `n_out` on `axis`, the result's dtype. May be `x` itself, may not
            overlap it otherwise.
        threads : int, optional
            Threads to use; None is the process's default (``FLATNET_THREADS``, else all cores). The result does not
            depend on it.
        isa : str, optional
            Instruction set to run instead of the process's (``flatnet.show_config()`` lists them); for tests.

        Returns
        -------
        ndarray
            The result; its dtype is NumPy's promotion of `x` and the pinned weights. Networks of weak integer weights
            (hadamard, zeta, bilinear schemes) keep integers exact.

        Raises
        ------
        ValueError, TypeError
            If shapes or dtypes do not fit, or exact integers could overflow. `out` is then untouched.

        Examples
        --------
        >>> import numpy as np, flatnet as fn
        >>> fn.hadamard(4).apply(np.array([[1, 2], [3, 4], [5, 6], [7, 8]]), axis=0)
        array([[16, 20],
               [-4, -4],
               [-8, -8],
               [ 0,  0]])
        """
        if self._watched is None and isa == "":
            y = self._plain(x, axis, out, threads)
            if y is not None:
                return y
        a = _array.as_data(x, hint="compose with @ instead, or ")
        i = _array.normalize_axis(axis, a.ndim)
        rows, cols = self._sizes
        if a.shape[i] != cols:
            raise ValueError(f"network maps {cols} inputs, x has {a.shape[i]} on axis {axis}")
        dtype = self._promotion.result(a.dtype)
        team = _check.threads("apply", threads)
        if not isinstance(isa, str):
            raise TypeError(f"apply needs the name of an instruction set for isa, got {isa!r}")
        runner = self._runner
        if dtype.kind == "i":
            _array.check_range(self._growth, a, dtype)
        if self._watched is not None:
            self._watched.check(a, i, getattr(self, "name", ""))
        shape = a.shape[:i] + (rows,) + a.shape[i + 1 :]
        if out is None:
            count = dtype.itemsize
            for n in shape:
                count *= n
            if count > 1 << 28:
                _check.require_memory("the result", count)
            out = np.empty(shape, dtype)
        else:
            out = _array.check_out(out, shape, dtype, a)
        runner.apply(a, out, i, team, isa)
        return out

    def __matmul__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return self(other) if other.ndim == 1 else self.apply(other, axis=-2)
        return _compose(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _compose(other, self)

    def _require_linear(self, what: str) -> None:
        for i, layer in enumerate(self.layers):
            if layer.activation is not None:
                raise TypeError(f"{what} needs a linear network, layer {i} has the activation {layer.activation!r}")
            if layer.bias is not None:
                raise TypeError(f"{what} needs a linear network, layer {i} has a bias")

    @property
    def T(self) -> Any:
        """The transposed matrix, as a network."""
        from .network import Network

        self._require_linear("T")
        return Network([layer.weight.T for layer in reversed(self.layers)])

    @property
    def H(self) -> Any:
        """The adjoint (conjugate transpose), as a network."""
        self._require_linear("H")
        return self.T.conj()

    def conj(self) -> Any:
        """The complex conjugate matrix, as a network."""
        from .network import Network

        self._require_linear("conj")
        return Network([layer.weight.conj() for layer in self.layers])

    def toarray(self) -> Array:
        """The matrix, ``(n_out, n_in)``; refused with its size where memory cannot hold it."""
        self._require_linear("toarray")
        rows, cols = self.shape
        tallest = max(rows, self.layers[0].weight.shape[0])
        _check.require_memory(f"a matrix of {tallest} x {cols}", float(tallest) * cols * self.dtype.itemsize)
        if len(self.layers) == 1:
            return self.layers[0].weight._handle.dense().astype(self.dtype, copy=False)
        first = self.layers[0].weight._handle.dense().astype(self.dtype, copy=False)
        from .network import Network

        return Network(self.layers[1:]).apply(first, axis=0)

    def __mul__(self, s: Any) -> Any:
        if not isinstance(s, numbers.Number):
            return NotImplemented
        return _scaled(self, s)

    __rmul__ = __mul__

    def __truediv__(self, s: Any) -> Any:
        if not isinstance(s, numbers.Number):
            return NotImplemented
        if complex(s) == 0:  # type: ignore[call-overload]
            raise ValueError(f"a network is divided by a number other than zero, got {s!r}")
        z = complex(s)  # type: ignore[call-overload]
        return _scaled(self, 1.0 / (z if z.imag else z.real))

    def __neg__(self) -> Any:
        return _scaled(self, -1)

    def flatten(self, depth: int = 0, eps: float = 0.0) -> Network:
        """The cheapest network found with at most `depth` hidden layers; see `flatnet.flatten.flatten`."""
        from .flatten import flatten

        return flatten(_as_network(self), depth, eps)

    def plan(self, batch: int = 1, threads: int | None = None, effort: str = "estimate", **options: Any) -> Any:
        """How flat to run the network on this machine; see `flatnet.planning.plan`."""
        from .planning import plan

        return plan(_as_network(self), batch, threads, effort, **options)

    def draw(self, **options: Any) -> Any:
        """The network as a picture, in the manner of the paper's Figure 2; see `flatnet.draw.draw`."""
        from .draw import draw

        return draw(_as_network(self), **options)

    def count_exact(self) -> Any:
        """`flatnet.cost` of the network with every lazily held weight formed and counted."""
        from .cost import cost

        for layer in self.layers:
            layer.weight.count_exact()
        return cost(_as_network(self))


def _as_network(op: Operator) -> Network:
    from .network import Network

    return op if isinstance(op, Network) else Network([op])


def _compose(left: Any, right: Any) -> Any:
    """left @ right: right is applied first."""
    from .network import Network

    for side in (left, right):
        composable = isinstance(side, (Operator, np.ndarray)) or hasattr(side, "tocsr")
        if not composable:
            return NotImplemented
    return Network([right, left])


def _scaled(op: Operator, s: Any) -> Any:
    from .factors import Diagonal, Factor
    from .network import Layer, Network

    if isinstance(op, Factor):
        return op.scaled(s)
    last = op.layers[-1]
    if last.activation is not None:
        gain = np.full(op.shape[0], s)
        return Network([*op.layers, Diagonal(gain, weak=True)])
    bias = None if last.bias is None else last.bias * s
    return Network([*op.layers[:-1], Layer(last.weight.scaled(s), bias)])
