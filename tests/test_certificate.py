"""Certificates: what they cover, how they travel with a network, and the flag for inputs outside."""

from __future__ import annotations

import copy
import pathlib
import pickle
import warnings

import flatnet as fn
import numpy as np
import pytest

LAYERS = [fn.Layer(np.ones((3, 2)), np.zeros(3), "square"), fn.Layer(np.ones((1, 3)))]


def certified(domain: tuple = ((-1.0, 1.0),), **facts: object) -> fn.Network:
    return fn.Network(LAYERS, name="squares", certificate=fn.Certificate(1e-9, domain, "float64", "a test", **facts))


def test_covers_is_a_mask_over_the_batch() -> None:
    mask = certified(((-1, 1), (0, 2))).certificate.covers
    x = np.array([[[0, 0], [1, 2]], [[-1.0, 0], [1, -0.1]], [[np.nan, 1], [0, np.inf]]])
    assert mask(x).tolist() == [[True, True], [True, False], [False, False]]
    assert mask(np.moveaxis(x, -1, 0), axis=0).tolist() == mask(x).tolist()
    assert mask([1, 2]) and not mask([2, 2])
    assert certified(integers=True).certificate.covers([[0, 1], [0, 0.5]]).tolist() == [True, False]
    with pytest.raises(ValueError, match="for 2 inputs"):
        mask([[1.0, 2.0, 3.0]])
    with pytest.raises(TypeError, match="complex128"):
        mask([1j, 2])


@pytest.mark.parametrize("domain", [((-1.0, 1.0),), ((-1.0, 1.0), (-2.0, 1.0))])
@pytest.mark.parametrize("bad", [1.5, -7.0, np.nan, np.inf])
def test_every_way_of_calling_flags_inputs_outside(domain: tuple, bad: float) -> None:
    net = certified(domain)
    x = np.array([[0.5, 0.5], [0.25, bad]])
    plan = net.plan(batch=2, cost="synapses")
    calls = [
        lambda: plan(x),
        lambda: plan @ x.T,
        lambda: net(x),
        lambda: net(x.tolist()),
        lambda: net(x[::-1]),
        lambda: net.apply(x),
        lambda: net @ x.T,
        lambda: net.apply(x.T, axis=0, out=np.empty((1, 2))),
    ]
    for call in calls:
        with pytest.warns(fn.OutsideDomainWarning, match=r"1 of 2 vectors lie outside") as found:
            call()
        assert len(found) == 1
        assert pathlib.Path(found[0].filename).name == "test_certificate.py", "the warning points at the caller"


def test_inside_and_empty_batches_are_silent() -> None:
    net = certified()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net(np.array([[1.0, -1.0]]))
        net(np.empty((0, 2)))
        net([0, 1])
        certified(integers=True)(np.array([[0, 1]]))
        fn.Network(LAYERS)(np.array([[9.0, np.nan]]))  # no certificate, no flag
    with pytest.warns(fn.OutsideDomainWarning, match="whole numbers"):
        certified(integers=True)(np.array([[0.5, 1]]))


def test_a_warning_made_an_error_leaves_out_as_it_was() -> None:
    out = np.full((1, 1), 7.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", fn.OutsideDomainWarning)
        with pytest.raises(fn.OutsideDomainWarning):
            certified().apply(np.array([[3.0, 0.0]]), out=out)
    assert out[0, 0] == 7.0


def test_the_certificate_travels_with_the_network(tmp_path: pathlib.Path) -> None:
    net = certified(scale=0.5, truncation=1e-10, rounding=9e-10, floor=1e-10)
    fn.save(tmp_path / "net", net)
    for other in (copy.copy(net), copy.deepcopy(net), pickle.loads(pickle.dumps(net)), fn.load(tmp_path / "net")):
        assert other.certificate == net.certificate
    flat = fn.Network(LAYERS, flat_form=net)
    fn.save(tmp_path / "flat", flat)
    back = fn.load(tmp_path / "flat")
    assert back.certificate is None and back.flat_form.certificate == net.certificate


def test_slices_and_compositions_have_none() -> None:
    net = certified()
    for other in (net[:1], net[:], 2.0 * net, net @ fn.Diagonal([1.0, 1.0]), fn.Network(net), net[0]):
        assert other.certificate is None


GOOD = {"error": 1e-9, "domain": ((-1, 1),), "dtype": "float64", "statement": "a test"}
BAD = [
    ({"error": -1}, ValueError, "error=-1"),
    ({"error": np.inf}, ValueError, "error=inf"),
    ({"error": "small"}, TypeError, "small"),
    ({"floor": np.nan}, ValueError, "floor=nan"),
    ({"dtype": "float16"}, ValueError, "float16"),
    ({"domain": ()}, ValueError, "one such pair an input"),
    ({"domain": ((1, -1),)}, ValueError, "low <= high"),
    ({"domain": ((0, np.inf),)}, ValueError, "both finite"),
    ({"domain": ((0, 1, 2),)}, ValueError, "one such pair"),
    ({"domain": "ab"}, ValueError, "'ab'"),
    ({"statement": 3}, TypeError, "got 3"),
]


@pytest.mark.parametrize(("change", "error", "sentence"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_certificates_are_refused(change: dict, error: type, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        fn.Certificate(**{**GOOD, **change})


def test_networks_refuse_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="2 inputs needs a certificate for as many, got 3"):
        certified(((0, 1),) * 3)
    with pytest.raises(TypeError, match="got int"):
        fn.Network(LAYERS, certificate=3)
