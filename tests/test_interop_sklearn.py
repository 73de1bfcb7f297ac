"""Fitted scikit-learn classifiers as networks: the same predictions, the same probabilities, certified."""

from __future__ import annotations

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")

import flatnet as fn  # noqa: E402
from sklearn.datasets import load_breast_cancer, load_digits, load_iris  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis  # noqa: E402
from sklearn.linear_model import LogisticRegression, RidgeClassifier  # noqa: E402
from sklearn.naive_bayes import BernoulliNB, GaussianNB  # noqa: E402


def iris(classes: int) -> tuple[np.ndarray, np.ndarray]:
    X, y = load_iris(return_X_y=True)
    kept = y < classes if classes == 3 else y > 0  # the last two overlap
    return X[kept], np.array(["setosa", "versicolor", "virginica"])[y[kept]]


ESTIMATORS = [
    lambda: GaussianNB(),
    lambda: GaussianNB(priors=None, var_smoothing=1e-3),
    lambda: QuadraticDiscriminantAnalysis(),
    lambda: QuadraticDiscriminantAnalysis(reg_param=0.1),
    lambda: LinearDiscriminantAnalysis(),
    lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    lambda: LogisticRegression(max_iter=500),
]


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("make", ESTIMATORS, ids=[str(i) for i in range(len(ESTIMATORS))])
def test_same_predictions_and_probabilities(make, classes: int) -> None:
    X, y = iris(classes)
    estimator = make().fit(X, y)
    net = fn.from_sklearn(estimator, domain=list(zip(X.min(axis=0) - 0.5, X.max(axis=0) + 0.5, strict=True)), radius=None)
    p, expected = net(X), estimator.predict_proba(X)
    assert np.abs(p - expected).max() <= net.certificate.error + 1e-12 < 1e-4
    assert (np.array(net.info["classes"])[p.argmax(axis=1)] == estimator.predict(X)).all()
    linear = isinstance(estimator, (LinearDiscriminantAnalysis, LogisticRegression))
    assert net.neurons == (0 if linear else 5 * classes)


@pytest.mark.parametrize("make", [GaussianNB, QuadraticDiscriminantAnalysis, LinearDiscriminantAnalysis])
def test_priors_are_the_estimator_s(make) -> None:
    X, y = iris(3)
    estimator = make(priors=[0.7, 0.2, 0.1]).fit(X, y)
    net = fn.from_sklearn(estimator)
    np.testing.assert_allclose(net(X), estimator.predict_proba(X), atol=1e-5)


def test_linear_models_are_exact_to_rounding() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    for estimator in (LogisticRegression(), LinearDiscriminantAnalysis(), LogisticRegression(solver="liblinear")):
        net = fn.from_sklearn(estimator.fit(X, y), domain=(-15, 15), tol=1e-9)
        # sums of 30 products in two orders
        np.testing.assert_allclose(net(X), estimator.predict_proba(X), atol=1e-13)
        assert (net(X).argmax(axis=1) == estimator.predict(X)).all()


# --- the digits -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, QuadraticDiscriminantAnalysis]:
    X, y = load_digits(return_X_y=True)
    X = PCA(10, random_state=0).fit_transform(X)
    return X, QuadraticDiscriminantAnalysis().fit(X, y)


@pytest.mark.parametrize(("dtype", "asked"), [(np.float64, 1e-5), (np.float32, 1e-2)])
def test_digits_by_eleven_neurons_a_class(digits, dtype: type, asked: float) -> None:
    X, estimator = digits
    net = fn.from_sklearn(estimator, dtype=dtype)
    assert (len(X), net.neurons, net.shape, net.synapses) == (1797, 11 * 10, (10, 10), 110 * 10 + 110)
    assert net.certificate.covers(X.astype(dtype)).all()
    p = net(X.astype(dtype))
    assert (p.argmax(axis=1) == estimator.predict(X)).all()
    error = np.abs(p - estimator.predict_proba(X)).max()
    assert error < asked
    assert error <= net.certificate.error
    assert net.certificate.error < (1e-5 if dtype is np.float64 else 0.05)


@pytest.mark.parametrize(("dtype", "asked"), [(np.float64, 1e-7), (np.float32, 1e-2)])
def test_digits_within_a_tolerance_by_pairs(digits, dtype: type, asked: float) -> None:
    X, estimator = digits
    net = fn.from_sklearn(estimator, dtype=dtype, tol=asked)
    assert (net.neurons, net.depth, net.synapses) == (20 * 10, 1, 200 * 10 + 200)
    error = np.abs(net(X.astype(dtype)) - estimator.predict_proba(X.astype(dtype).astype(float))).max()
    assert error <= net.certificate.error <= asked


def test_digits_have_a_picture(digits) -> None:
    X, estimator = digits
    kept = estimator.predict(X) < 2
    two = QuadraticDiscriminantAnalysis().fit(X[kept][:, :3], estimator.predict(X)[kept])
    net = fn.from_sklearn(two)
    picture = net.draw(labels=False).svg
    assert picture.count("<rect") >= net.neurons == 8


# --- bad input --------------------------------------------------------------------------------------------------


def fitted(estimator: object, classes: int = 3) -> object:
    return estimator.fit(*iris(classes))


class Renamed(GaussianNB):
    """A subclass may predict otherwise."""


def singular() -> QuadraticDiscriminantAnalysis:
    estimator = fitted(QuadraticDiscriminantAnalysis())
    estimator.scalings_ = [np.where(np.arange(4) == 3, 0.0, s) for s in estimator.scalings_]
    return estimator


BAD = [
    (lambda: fn.from_sklearn(GaussianNB()), ValueError, "fitted GaussianNB"),
    (lambda: fn.from_sklearn(fitted(RidgeClassifier())), TypeError, "RidgeClassifier"),
    (lambda: fn.from_sklearn(BernoulliNB()), TypeError, "BernoulliNB"),
    (lambda: fn.from_sklearn(fitted(Renamed())), TypeError, "Renamed"),
    (lambda: fn.from_sklearn(3), TypeError, "int"),
    (lambda: fn.from_sklearn(singular()), ValueError, "full rank 4"),
    (lambda: fn.from_sklearn(fitted(LinearDiscriminantAnalysis()), radius=3.0), ValueError, "radius=3.0"),
    (lambda: fn.from_sklearn(fitted(LinearDiscriminantAnalysis()), tol=1e-9), ValueError, "no bound without a domain"),
    (lambda: fn.from_sklearn(fitted(LinearDiscriminantAnalysis()), tol=1e-20, domain=(0, 9)), ValueError, "tol=1e-20"),
    (lambda: fn.from_sklearn(fitted(GaussianNB()), tol=1e-14), ValueError, "tol=1e-14"),
]


@pytest.mark.parametrize(("call", "error", "sentence"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_input_is_refused_with_both_sides(call, error: type, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call()


def test_one_vs_rest_is_refused() -> None:
    estimator = fitted(LogisticRegression(max_iter=500))
    estimator.multi_class = "ovr"  # the attribute of releases that had the choice
    with pytest.raises(ValueError, match="one-vs-rest of 3 classes"):
        fn.from_sklearn(estimator)
