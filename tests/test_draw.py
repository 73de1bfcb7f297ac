"""Pictures of small networks: well-formed, complete, and refused where nobody could read them."""

from __future__ import annotations

import pathlib
import xml.etree.ElementTree as ET

import flatnet as fn
import numpy as np
import pytest

SVG = "{http://www.w3.org/2000/svg}"


def marks(net: fn.Network, **options: object) -> dict[str, list[ET.Element]]:
    root = ET.fromstring(fn.draw(net, **options).svg)
    return {tag: root.findall(f".//{SVG}{tag}") for tag in ("circle", "rect", "line", "text")}


def test_every_synapse_is_a_line_and_every_unit_a_circle() -> None:
    net = fn.hadamard(8)
    drawn = marks(net)
    assert len(drawn["line"]) == net.synapses == 48
    assert len(drawn["circle"]) == 8 * 4
    heights = [float(circle.attrib["cy"]) for circle in drawn["circle"]]
    assert max(heights[:8]) + min(heights[:8]) == float(drawn["rect"][0].attrib["height"]) - 34  # above the caption
    assert [t.text for t in drawn["text"]].count("-1") == 12  # weights of 1 carry no number


def test_biases_start_from_an_input_of_one_and_squares_apply() -> None:
    net = fn.product_gate()
    drawn = marks(net)
    hidden = net.layers[0]
    biases = np.count_nonzero(hidden.bias)
    assert len(drawn["rect"]) == 1 + net.neurons  # the sheet and a square for each neuron
    assert len(drawn["line"]) == net.synapses + biases + net.neurons + np.count_nonzero(net.layers[1].bias)
    texts = [t.text for t in drawn["text"]]
    assert "1" in texts and texts.count("σ") == net.neurons
    assert any("squares apply logistic" in (text or "") for text in texts)


@pytest.mark.parametrize(
    "net",
    [
        fn.dft(8),
        fn.zeta(3),
        fn.haar(8),
        fn.bit_product(3),
        fn.Network([np.zeros((2, 3))]),
        fn.Network([np.ones((1, 1))]),
        fn.random_sparse(40, 0.1),
    ],
    ids=lambda net: net.name or "nameless",
)
def test_pictures_are_well_formed_and_carry_a_title(net: fn.Network) -> None:
    root = ET.fromstring(net.draw().svg)
    title = root.find(f"{SVG}title")
    assert title is not None and f"{net.synapses} synapses" in (title.text or "")
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for circle in root.iter(f"{SVG}circle"):
        assert 0 < float(circle.attrib["cx"]) < width and 0 < float(circle.attrib["cy"]) < height


def test_labels_are_for_few_lines_unless_asked_for() -> None:
    few, many = fn.hadamard(4), fn.hadamard(16)
    assert "-1" in [t.text for t in marks(few)["text"]]
    assert "-1" not in [t.text for t in marks(many)["text"]]
    assert "-1" in [t.text for t in marks(many, labels=True)["text"]]
    assert "-1" not in [t.text for t in marks(few, labels=False)["text"]]


def test_names_are_escaped() -> None:
    net = fn.Network([np.eye(2)], name="<script>&")
    assert "<script>" not in net.draw().svg
    ET.fromstring(net.draw().svg)


@pytest.mark.parametrize("net", [fn.hadamard(1024), fn.Network([np.ones((80, 80))])], ids=["units", "synapses"])
def test_large_networks_are_refused_with_both_sides(net: fn.Network) -> None:
    with pytest.raises(fn.TooLargeError, match=rf"at most 400 neurons and 4000 synapses, .* has \d+, {net.synapses}"):
        net.draw()


def test_saved_pictures_are_complete(tmp_path: pathlib.Path) -> None:
    picture = fn.hadamard(4).draw()
    picture.save(tmp_path / "h.svg")
    assert (tmp_path / "h.svg").read_text(encoding="utf-8") == picture.svg == picture._repr_svg_()
    assert [path.name for path in tmp_path.iterdir()] == ["h.svg"]
    with pytest.raises(OSError):
        picture.save(tmp_path / "nowhere" / "h.svg")
