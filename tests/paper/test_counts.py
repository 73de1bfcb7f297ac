"""Counts that Lin & Tegmark's section III G states or implies, with the corrected numbers."""

from __future__ import annotations

import flatnet as fn
import numpy as np
import pytest
from flatnet.segments import segment_table


def flat_synapses(net: fn.Network) -> int:
    return fn.Network([net.toarray()]).synapses


def profile_counts(net: fn.Network) -> list[int]:
    """Synapses of the best merged network with 1, 2, ..., L layers."""
    table = segment_table(net)
    return [table.partition(layers).count for layers in range(1, len(net) + 1)]


@pytest.mark.parametrize(("n", "cost"), [(2, 1.0), (4, 1.0), (8, 4 / 3), (16, 2.0), (64, 16 / 3), (256, 16.0), (1024, 51.2)])
def test_flattening_the_fft_and_the_hadamard_transform_costs_n_over_2_log_n(n: int, cost: float) -> None:
    for net in (fn.dft(n), fn.hadamard(n)):
        assert net.synapses == 2 * n * (n.bit_length() - 1)
        assert net.flatten(0).synapses / net.synapses == pytest.approx(cost)
    assert 2**20 / (2 * 20) == 26214.4  # at n = 2^20, without forming the flat network
    assert fn.dft(2**20).synapses * 26214.4 == 2.0**40


@pytest.mark.parametrize("n", [4, 8, 16, 64])
def test_real_embedding_of_the_fft(n: int) -> None:
    m = n.bit_length() - 1
    net = fn.dft(n, real=True)
    assert net.synapses == 6 * n * m - 6 * n + 8
    assert net.flatten(0).synapses == 4 * n * n - 4 * n * m


def test_dft_1024_partial_flattening() -> None:
    for net in (fn.dft(1024), fn.hadamard(1024)):
        assert profile_counts(net) == [1048576, 65536, 32768, 24576] + 6 * [20480]


@pytest.mark.parametrize(("n", "best"), [(16, (80, 72, 94)), (64, (448, 320, 510)), (256, (2304, 1408, 2558))])
def test_haar_is_cheaper_flat_and_cheapest_with_two_layers(n: int, best: tuple[int, int, int]) -> None:
    counts = profile_counts(fn.haar(n))
    assert (counts[0], counts[1], counts[-1]) == best
    assert min(counts) == counts[1]


@pytest.mark.parametrize(("m", "cost"), [(3, 27 / 36), (6, 729 / 576), (9, 19683 / 6912)])
def test_zeta_flat_has_three_to_the_m(m: int, cost: float) -> None:
    net = fn.zeta(m)
    assert net.flatten(0).synapses == 3**m
    assert net.flatten(0).synapses / net.synapses == pytest.approx(cost)


def test_flattening_zeta_by_half_saves_a_quarter() -> None:
    counts = profile_counts(fn.zeta(9))
    assert counts[-1] == 6912
    assert counts[2] == counts[3] == min(counts) == 5184


@pytest.mark.parametrize(("n", "count"), [(2, 31), (4, 313), (8, 2575), (16, 19561)])
def test_full_strassen_recursion(n: int, count: int) -> None:
    levels = n.bit_length() - 1
    assert fn.matmul(n, columns=n, levels=levels).synapses == count == 9 * 7**levels - 8 * n * n


@pytest.mark.parametrize(
    ("n", "levels", "cost"),
    [(64, 1, 1.032), (256, 3, 1.24), (1024, 5, 1.579), (4096, 7, 2.05), (2**17, 12, 3.97)],
)
def test_best_recursion_depth_of_strassen(n: int, levels: int, cost: float) -> None:
    counts = [fn.matmul(n, columns=n, levels=t).synapses for t in range(n.bit_length())]
    assert min(counts) == counts[levels]
    assert n**3 / counts[levels] == pytest.approx(cost, abs=0.006)


def test_strassen_at_1024() -> None:
    assert fn.matmul(1024, columns=1024, levels=5).synapses == 680026112


def test_one_level_of_strassen_pays_from_n_50_and_all_levels_from_2_17() -> None:
    assert fn.matmul(48, columns=48, levels=1).synapses == 48**3
    assert fn.matmul(50, columns=50, levels=1).synapses < 50**3
    assert fn.matmul(2**16, columns=2**16, levels=16).synapses > 2**48
    assert 2**51 / fn.matmul(2**17, columns=2**17, levels=17).synapses == pytest.approx(1.076, abs=5e-4)


@pytest.mark.parametrize(("n", "k"), [(10, 1), (20, 5), (64, 40)])
def test_low_rank_needs_fewer_than_2nk(n: int, k: int) -> None:
    rng = np.random.default_rng(n)
    net = fn.low_rank(rng.normal(size=(n, k)) @ rng.normal(size=(k, n)), k)
    assert net.synapses == 2 * n * k - k * k + k
    assert (net.synapses < n * n) == (n - k > k**0.5)


def test_random_sparse_pair_costs_half_of_one_over_p() -> None:
    # Eq. 27 at n = 200, p = 0.1: C_s = 4.33 with a standard deviation of 0.021 over draws
    costs = [net.flatten(0).synapses / net.synapses for net in (fn.random_sparse(200, 0.1, seed=s) for s in range(8))]
    assert np.mean(costs) == pytest.approx(4.332, abs=4 * 0.021 / 8**0.5)
    thin = fn.random_sparse(2000, 0.5e-3)  # mean degree n p = 1: flat is cheaper
    assert thin.flatten(0).synapses < thin.synapses


def test_convolution_as_a_chain() -> None:
    for m in range(1, 9):
        n = 2**m
        net = fn.convolution([1.0, 0.5], n)
        assert net.synapses == 4 * n * m
    assert fn.convolution([1.0, 0.5], 2**16).synapses == 4 * 2**16 * 16


@pytest.mark.parametrize(("n", "count"), [(2, 4), (4, 16), (8, 58), (16, 168)])
def test_cosine_transform(n: int, count: int) -> None:
    assert fn.dct(n).synapses == fn.dst(n).synapses == count
    assert flat_synapses(fn.dct(n)) == n * n


def test_four_neurons_multiply_and_three_suffice() -> None:
    for neurons in (4, 3):
        gate = fn.product_gate(neurons=neurons)
        assert gate.neurons == neurons
        assert gate([0.7, 0.4])[0] == pytest.approx(0.28, abs=1e-7)
