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


def boxes(net: fn.Network, **options: object) -> np.ndarray:
    """x, y, half width, half height of every number on a line, by its own estimate: 0.58 of the font size a character."""
    found = []
    for text in marks(net, **options)["text"]:
        if text.attrib.get("text-anchor") == "middle" and text.text not in ("σ", None):
            size, at = float(text.attrib["font-size"]), (float(text.attrib["x"]), float(text.attrib["y"]))
            found.append((*at, 0.29 * size * len(text.text or ""), size / 2))
    return np.array(found)


@pytest.mark.parametrize("net", [fn.product_gate(), fn.product_gate(neurons=3), fn.bit_product(5), fn.hadamard(8), fn.haar(4)])
def test_numbers_do_not_cover_each_other(net: fn.Network) -> None:
    found = boxes(net)
    assert len(found) >= 3
    gaps = np.abs(found[:, None, :2] - found[None, :, :2]) - (found[:, None, 2:] + found[None, :, 2:])
    covered = np.all(gaps < 0, axis=2) & ~np.eye(len(found), dtype=bool)
    assert not covered.any()


def test_numbers_are_left_out_where_they_would_cover_each_other() -> None:
    # 30 lines meet in one unit and their numbers are long: there is no place for all of them.
    net = fn.Network([np.full((6, 5), -1.23456e-7)])
    assert len(boxes(net)) in (0, 30)
    assert len(boxes(net, labels=True)) == 30
    assert "by their label" not in net.draw(labels=False).svg


@pytest.mark.parametrize(
    "net", [fn.product_gate(), fn.hadamard(4), fn.Network([np.zeros((2, 3))])], ids=["gate", "linear", "empty"]
)
def test_matplotlib_draws_the_same_marks(net: fn.Network, tmp_path: pathlib.Path) -> None:
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")
    picture = net.draw()
    ax = picture.plot()
    drawn = marks(net)
    assert len(ax.lines) == len(drawn["line"]) and len(ax.texts) == len(drawn["text"])
    assert len(ax.patches) == len(drawn["circle"]) + len(drawn["rect"]) - 1  # the sheet is the figure
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # as in SVG, y grows downwards
    other = plt.figure().subplots()
    assert picture.plot(other) is other
    for name, head in (("net.png", b"\x89PNG"), ("net.pdf", b"%PDF")):
        picture.save(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(head)
    plt.close("all")


def test_activations_stand_in_their_boxes() -> None:
    net = fn.Network([fn.Layer(np.eye(2), activation="relu"), fn.Layer(np.eye(2), activation="square")])
    texts = [t.text for t in marks(net)["text"]]
    assert texts.count("relu") == texts.count("x²") == 2
    assert any("squares apply relu, square" in (text or "") for text in texts)


def test_a_softmax_is_one_box_for_its_layer() -> None:
    net = fn.Network([fn.Layer(np.eye(4), activation="softmax")])
    drawn = marks(net)
    _, box = drawn["rect"]
    heights = [float(circle.attrib["cy"]) for circle in drawn["circle"][4:]]
    assert float(box.attrib["height"]) > max(heights) - min(heights)
    assert [t.text for t in drawn["text"]].count("softmax") == 1
    assert any("tall box applies softmax" in (t.text or "") for t in drawn["text"])


def test_pictures_that_are_only_svg_refuse_other_formats(tmp_path: pathlib.Path) -> None:
    from flatnet.picture import Picture

    with pytest.raises(ValueError, match=r"is SVG, got a name that ends in \.png"):
        Picture("<svg/>").save(tmp_path / "plan.png")


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
