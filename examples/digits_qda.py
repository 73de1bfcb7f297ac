"""Handwritten digits by 110 logistic neurons: a fitted Bayes classifier compiled, with a bound on what that costs.

    python examples/digits_qda.py [--quick]

Quadratic discriminant analysis takes each class for a Gaussian, so p(digit | image) is a softmax of quadratic
Hamiltonians (Lin & Tegmark, Eqs. 4 to 8 and 14). A quadratic form of rank 10 needs 11 neurons, and the network comes
with a certificate: how far any probability can be off, for every image near enough to one of the classes.
Needs scikit-learn, which is in flatnet's extra `report`.
"""

from __future__ import annotations

import argparse
import time
import warnings

import flatnet as fn
import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a smaller batch for the timing")
    copies = 1 if parser.parse_args().quick else 50

    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

    pixels, labels = load_digits(return_X_y=True)
    images = PCA(10, random_state=0).fit_transform(pixels)
    fitted = QuadraticDiscriminantAnalysis().fit(images, labels)
    expected = fitted.predict_proba(images)

    for dtype in ("float64", "float32"):
        net = fn.from_sklearn(fitted, dtype=dtype)
        if dtype == "float64":
            print(f"{len(images)} images, 10 numbers each, 10 classes")
            print(
                f"  {net.neurons} logistic neurons in {net.depth} hidden layer, {net.synapses} synapses, a softmax at the end"
            )
        x = images.astype(dtype)
        found = net(x)
        same = int((found.argmax(axis=1) == fitted.predict(images)).sum())
        seen = float(np.abs(found - expected).max())
        print(f"{dtype}: {same} of {len(images)} predictions as scikit-learn's")
        print(f"  largest difference of a probability {seen:.0e}, certified {net.certificate.error:.0e}")

    pairs = fn.from_sklearn(fitted, dtype="float32", tol=1e-2)
    seen = float(np.abs(pairs(images.astype("float32")) - expected).max())
    print(f"float32 within 0.01: {pairs.neurons} neurons in pairs, seen {seen:.0e}, certified {pairs.certificate.error:.0e}")

    right = float((found.argmax(axis=1) == labels).mean())
    print(f"Right on {100 * right:.1f} % of the images it was fitted on.")

    batch = np.tile(images, (copies, 1))
    net = fn.from_sklearn(fitted)
    for name, call in (("scikit-learn", fitted.predict_proba), ("flatnet", net)):
        call(batch)
        start = time.perf_counter()
        call(batch)
        print(f"{name}: {(time.perf_counter() - start) / len(batch) * 1e6:.2f} us an image, batch {len(batch)}")

    with warnings.catch_warnings(record=True) as flags:
        warnings.simplefilter("always")
        net(1000.0 + images[:1])
    print(f"An image far from every class is answered, and flagged: {flags[0].category.__name__}.")


if __name__ == "__main__":
    main()
