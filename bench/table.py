"""Must, aim and measured as a Markdown table: `python bench/table.py fwht.json butterfly.json`, from --json of the scripts.

Each row stands for its cases: the ratios go from the least to the largest median; the share of the limit likewise.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from typing import Any

# Rows whose cases are named one by one.
NAMED = ("rows", "innermost", "butterfly", "monarch", "pair", "planned", "logistic", "gate", "numpy", "polynomial", "digits")
TITLES = {
    "f32-single": "FWHT f32 single, 2^8..2^20",
    "f64-single": "FWHT f64 single, 2^8..2^20",
    "f32-large": "FWHT f32 single, 2^22..2^26",
    "f64-large": "FWHT f64 single, 2^22..2^26",
    "f32-rows": "FWHT f32 rows",
    "f64-rows": "FWHT f64 rows",
    "f32-innermost": "FWHT f32 batch-innermost",
    "f64-innermost": "FWHT f64 batch-innermost",
    "c64-single": "FFT c64 single, 2^8..2^16",
    "c64-large": "FFT c64 single, 2^20..2^24",
    "c64-rows": "FFT c64 rows",
    "c64-innermost": "FFT c64 batch-innermost",
    "c128-single": "FFT c128 single, 2^8..2^16",
    "c128-large": "FFT c128 single, 2^20..2^24",
    "c128-rows": "FFT c128 rows",
    "c128-innermost": "FFT c128 batch-innermost",
    "rfft": "rfft, rows and single",
    "primes-smooth": "FFT primes and 7-smooth lengths",
    "convolve": "convolve",
    "scipy": "FFT rows against scipy.fft as installed",
    "butterfly": "random butterfly",
    "butterfly-planned": "random butterfly, planned",
    "monarch": "Monarch chain against dense",
    "monarch-all": "Monarch chain against all",
    "monarch-planned": "Monarch chain, planned, against dense",
    "pair": "random sparse pair",
    "pair-planned": "random sparse pair, planned",
    "logistic": "logistic",
    "gate": "product gate against torch.compile",
    "gate-numpy": "product gate against NumPy in place",
    "polynomial": "compiled polynomial against torch",
    "digits": "QDA on digits against torch",
}


def lines_of(results: Iterable[dict[str, Any]]) -> dict[tuple[str, int, float, float], list[dict[str, Any]]]:
    """Measured lines by row, threads and bounds."""
    found: dict[tuple[str, int, float, float], list[dict[str, Any]]] = {}
    for result in results:
        if result["kind"] == "Line":
            found.setdefault((result["row"], result["threads"], result["must"], result["aim"]), []).append(result)
    return found


def _range(values: Iterable[float], form: str) -> str:
    low, *_, high = sorted([*values, *values])
    first, last = form.format(low), form.format(high)
    return first if first == last else f"{first}-{last}"


def row(key: tuple[str, int, float, float], lines: list[dict[str, Any]], cases: bool) -> list[str]:
    """The cells of one row."""
    name, threads, must, aim = key
    ratios = [line["against"]["median"] for line in lines]
    rivals = ", ".join(dict.fromkeys(line["best_rival"] for line in lines))
    shares = [100 * line["limit_share"] for line in lines if line["limit_share"] is not None]
    speed_ups = [line["speed_up"]["median"] for line in lines if line["speed_up"]]
    reached = "aim" if min(ratios) >= aim else "must" if min(ratios) >= must else "no"
    which = ", ".join(line["case"].split(" ", 1)[1] for line in lines)
    title = TITLES.get(name, name) + (f": {which}" if cases else "")
    cells = [title, str(threads), rivals, f"{must:g}", f"{aim:g}", f"{_range(ratios, '{:.2f}')}", reached]
    return [*cells, _range(shares, "{:.0f}") + " %" if shares else "", _range(speed_ups, "{:.2f}") if speed_ups else ""]


def single(line: dict[str, Any]) -> list[str]:
    """The cells of one case."""
    against, share, speed_up = line["against"], line["limit_share"], line["speed_up"]
    ratio = f"{against['median']:.2f} [{against['low']:.2f}, {against['high']:.2f}]"
    bounds = [f"{line['must']:g}", f"{line['aim']:g}"]
    reached = "aim" if against["median"] >= line["aim"] else "must" if against["median"] >= line["must"] else "no"
    name = f"{TITLES.get(line['row'], line['row']).split(' ')[0]} {line['case']}"
    cells = [name, str(line["threads"]), line["best_rival"], *bounds, ratio, reached]
    return [*cells, "" if share is None else f"{100 * share:.0f} %", f"{speed_up['median']:.2f}" if speed_up else ""]


def main() -> None:
    """Read the files and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", metavar="FILE", help="what the scripts wrote with --json")
    parser.add_argument("--cases", action="store_true", help="a line for every case")
    chosen = parser.parse_args()
    documents = []
    for name in chosen.files:
        with open(name, encoding="utf-8") as file:
            documents.append(json.load(file))
    results = [result for document in documents for result in document["results"]]
    print("| case | T | best rival | must | aim | measured | reached | share of limit | T2/T1 |")
    print("|---|---|---|---|---|---|---|---|---|")
    for key, lines in lines_of(results).items():
        for cells in [single(line) for line in lines] if chosen.cases else [row(key, lines, key[0].endswith(NAMED))]:
            print("| " + " | ".join(cells) + " |")
    figures = [result for result in results if result["kind"] == "Figure"]
    if figures:
        print("\n| figure | at most | measured | |\n|---|---|---|---|")
    for figure in figures:
        bound = "" if figure["must"] == float("inf") else f"{figure['must']:g}"
        print(f"| {figure['row']} {figure['case']} | {bound} | {figure['value']:.3g} {figure['unit']} | {figure['note']} |")
    print("\nMeasured on " + "; ".join(dict.fromkeys(document["machine"] for document in documents)) + ".")


if __name__ == "__main__":
    main()
