"""Counting: the conventions, the cost of one network, and what may be counted without forming an entry."""

from __future__ import annotations

import io
import math

import flatnet as fn
import numpy as np
import pytest
from flatnet.cost import CONVENTIONS, flops_per_synapse
from flatnet.segments import segment_table
from flatnet.transforms import CATALOGUE


def test_cost_counts_what_is_there() -> None:
    layers = [np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]]), fn.Diagonal([1.0, 5.0])]
    net = fn.Network([fn.Layer(layers[0], bias=[1.0, 1.0]), layers[1]])
    cost = fn.cost(net)
    assert (cost.synapses, cost.neurons, cost.depth, cost.label) == (5, 2, 1, "exact")
    assert cost.flops == 2 * 5
    assert cost.bytes == net.nbytes


def test_a_factor_is_a_network_of_one_layer() -> None:
    cost = fn.cost(fn.Kronecker(3, [[1, 1], [0, 1]], 2))
    assert (cost.synapses, cost.neurons, cost.depth) == (18, 0, 0)


def test_complex_synapses_count_once_and_cost_four_times_the_flops() -> None:
    assert fn.cost(fn.dft(8)).synapses == fn.cost(fn.hadamard(8)).synapses == 48
    assert fn.cost(fn.dft(8)).flops == 4 * fn.cost(fn.hadamard(8)).flops == 8 * 48
    assert [flops_per_synapse(t) for t in ("float32", "complex64")] == [2, 8]


def test_conventions_are_printed_with_every_count() -> None:
    net = fn.dft(8)
    for shown in (fn.cost(net), fn.flattening_cost(net), fn.profile(net)):
        assert CONVENTIONS in repr(shown)


def test_rich_tables_carry_the_conventions() -> None:
    console = pytest.importorskip("rich.console")
    for shown in (fn.cost(fn.dft(8)), fn.flattening_cost(fn.dft(8)), fn.profile(fn.dft(8))):
        out = console.Console(width=140, record=True, file=io.StringIO())
        out.print(shown)
        assert "|c_ij| <= 4 k eps" in out.export_text()


def test_generic_weights_are_labelled() -> None:
    assert fn.cost(fn.matmul(8, 8, levels=1)).label == "generic"


def test_interval() -> None:
    ends = fn.Interval(0.5, 2.0)
    lower, upper = ends
    assert (lower, upper) == (0.5, 2.0)
    assert 1 in ends and 3 not in ends and "x" not in ends
    assert repr(ends) == "[0.5, 2]"


def test_what_is_no_network_is_refused_by_name() -> None:
    for call in (fn.cost, fn.flattening_cost, fn.profile):
        with pytest.raises(TypeError, match="needs a Network, got ndarray"):
            call(np.eye(2))


def within_range(net: fn.Network, log_range: float) -> bool:
    peak = math.prod(layer.weight.max_abs for layer in net)
    return peak == pytest.approx(math.exp(log_range), rel=1e-12)


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_every_segment_costs_what_its_product_costs(entry: fn.transforms.Entry) -> None:
    """Counts, ranges and bytes from the structure equal those of the formed product, segment by segment."""
    if entry.requires:
        pytest.importorskip(entry.requires)
    net = entry.build(entry.sizes[-1])
    if any(layer.weight.generic for layer in net):
        pytest.skip("generic weights cannot be formed")
    table = segment_table(net)
    for i in range(len(net)):
        for j in range(i + 1, min(i + 5, len(net))):
            formed = table.form((*((k, k) for k in range(i)), (i, j), *((k, k) for k in range(j + 1, len(net)))))
            segment = table.segment(i, j)
            assert not segment.predicted
            assert formed[i].weight.synapses == segment.count
            assert within_range(formed[i : i + 1], segment.log_range)
            assert formed[i].weight.nbytes == segment.nbytes


def test_counts_without_entries_at_any_size() -> None:
    """A Hadamard chain on 2^40 points: Python integers, nothing formed."""
    table = segment_table(fn.hadamard(2**40))
    assert table.count[0][39] == 2**80
    assert table.partition(8).count == 8 * 2**45
    assert not table.predicted[0][39]


def test_own_weights_are_counted_and_ranged_along_paths() -> None:
    """A butterfly with its own weights: every entry is one path, so the range needs no product."""
    net = fn.random_butterfly(64, seed=1)
    table = segment_table(net)
    assert table.flat is None
    dense = np.abs(net.toarray())
    assert table.count[0][5] == np.count_nonzero(dense) == 4096
    assert math.exp(table.log_range[0][5]) == pytest.approx(dense.max(), rel=1e-12)


def test_cancellation_is_counted_from_the_entries() -> None:
    """Where two paths meet, the structure only bounds the count; here they cancel."""
    table = segment_table(fn.Network([fn.dft(16), fn.idft(16)]))
    assert table.count[0][7] == 16
    assert not table.predicted[0][7]


def test_underflow_is_no_structural_count() -> None:
    """1e-300 three times: single paths, but the floats of the product are 0."""
    table = segment_table(fn.Network([np.array([[1e-300]])] * 3))
    assert (table.count[0][0], table.count[0][1], table.count[0][2]) == (1, 0, 0)
    assert table.partition(3).count == 3


def test_a_flat_form_counts_what_could_only_be_predicted() -> None:
    """Generic weights: the structure cannot see that a scheme's terms cancel, its flat form N (x) I can."""
    from flatnet.factors import LazyBlocks

    deep = fn.matmul(8, 8, levels=1)
    flat = fn.Network([LazyBlocks((1, 8, 8, 8), None, shared_d=True)])
    assert segment_table(fn.Network(deep, flat_form=flat)).count[0][len(deep) - 1] == 8**3


def test_empty_and_zero_matrices() -> None:
    for layers in (
        [np.zeros((0, 3))],
        [np.zeros((0, 3)), np.zeros((2, 0))],
        [np.zeros((2, 3)), np.ones((2, 2))],
    ):
        net = fn.Network(layers)
        for eps in (0.0, 0.1):
            cost = fn.flattening_cost(net, depth=1, eps=eps)
            assert cost.synapses == 0 and not cost.C_s.lower > 0
        assert all(row.lower == 0 for row in fn.profile(net).rows)
