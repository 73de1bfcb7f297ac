"""Fitted scikit-learn classifiers as networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..hamiltonians._arguments import box_region, precision_name, tolerance_of
from ..hamiltonians._realnet import affine
from ..hamiltonians.classifier import classifier
from ..hamiltonians.gaussian import Gaussian
from ..network import Network

__all__ = ["from_sklearn"]

Array = np.ndarray[Any, Any]


def from_sklearn(
    estimator: Any, *, domain: Any = None, radius: float | None = None, tol: float | None = None, dtype: DTypeLike = np.float64
) -> Network:
    r"""A fitted classifier of scikit-learn as a network with the same ``predict_proba``.

    Parameters
    ----------
    estimator : GaussianNB, QuadraticDiscriminantAnalysis, LinearDiscriminantAnalysis or LogisticRegression
        Fitted; subclasses are not taken, since they may predict otherwise.
    domain, radius, tol, dtype : optional, keyword-only
        As in `flatnet.classifier`: where inputs lie, the error allowed, the precision.

    Returns
    -------
    Network
        Maps ``(..., n) -> (..., classes)``, probabilities in the order of ``estimator.classes_``, which ``net.info["classes"]``
        has as a list: ``classes[net(X).argmax(-1)]`` is ``predict(X)``. GaussianNB and QDA take n + 1 logistic neurons a class
        and certify the error; LDA and logistic regression are a single softmax layer, certified where a ``domain`` is given.

    Raises
    ------
    TypeError
        If the estimator is of another kind.
    ValueError
        If it is not fitted, ``tol`` is out of reach, or its probabilities are not those of a softmax (one-vs-rest).

    Notes
    -----
    .. math:: p(x|y) = \mathrm{softmax}(-H - \mu)_x, \qquad H_x = \tfrac12 |W_x(y - m_x)|^2 + \tfrac12 \ln\det 2\pi\Sigma_x

    (Lin & Tegmark, Eqs. 4 to 8), with the estimator's priors. Of two classes, a linear model's probability is a logistic
    function of its decision d, i.e. the softmax of (0, d).

    Examples
    --------
    >>> import flatnet as fn
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> X, y = load_iris(return_X_y=True)
    >>> bayes = GaussianNB().fit(X, y)
    >>> net = fn.from_sklearn(bayes)
    >>> net.neurons, bool((net(X).argmax(-1) == bayes.predict(X)).all())
    (15, True)
    """
    convert = _converter(estimator)
    if not hasattr(estimator, "classes_"):
        raise ValueError(f"from_sklearn needs a fitted {type(estimator).__name__}, this one is not fitted")
    net = convert(estimator, {"domain": domain, "radius": radius, "tol": tol, "dtype": dtype})
    made: Network = Network(
        net.layers,
        name=f"from_sklearn({type(estimator).__name__})",
        info={"classes": np.asarray(estimator.classes_).tolist()},
        certificate=net.certificate,
    )
    return made


def _naive_bayes(estimator: Any, options: dict[str, Any]) -> Network:
    hamiltonians = [Gaussian(mean, variance) for mean, variance in zip(estimator.theta_, estimator.var_, strict=True)]
    return classifier(hamiltonians, estimator.class_prior_, **options)


def _quadratic(estimator: Any, options: dict[str, Any]) -> Network:
    """Covariances come as rotations R and variances s, Σ = R diag(s) Rᵀ: the whitening is diag(s)^-½ Rᵀ."""
    hamiltonians = []
    for k, (mean, axes, variances) in enumerate(zip(estimator.means_, estimator.rotations_, estimator.scalings_, strict=True)):
        if axes.shape != (mean.size, mean.size) or not variances.min() > 0:
            raise ValueError(
                f"from_sklearn needs covariances of full rank {mean.size}, that of class {k} has {axes.shape[1]} axes "
                f"and a least variance of {variances.min():.6g}"
            )
        hamiltonians.append(Gaussian.from_whitening(mean, (axes / np.sqrt(variances)).T))
    return classifier(hamiltonians, estimator.priors_, **options)


def _discriminant(estimator: Any, options: dict[str, Any]) -> Network:
    return _softmax(estimator.coef_, estimator.intercept_, options)


def _logistic(estimator: Any, options: dict[str, Any]) -> Network:
    """One-vs-rest probabilities of more than two classes are normalised logistic functions, not a softmax."""
    classes, kind = len(estimator.classes_), getattr(estimator, "multi_class", "auto")
    if classes > 2 and (kind == "ovr" or estimator.solver == "liblinear"):
        raise ValueError(f"from_sklearn needs a multinomial LogisticRegression, this one is one-vs-rest of {classes} classes")
    doubled = 2.0 if classes == 2 and kind == "multinomial" else 1.0  # a softmax of (-d, d)
    return _softmax(doubled * estimator.coef_, doubled * estimator.intercept_, options)


def _softmax(coefficients: Array, intercepts: Array, options: dict[str, Any]) -> Network:
    if options["radius"] is not None:
        raise ValueError(f"a radius is for Gaussians, a linear model has none, got radius={options['radius']!r}")
    slopes, offsets = -coefficients.astype(np.float64), -np.broadcast_to(intercepts, len(coefficients)).astype(np.float64)
    if len(slopes) == 1:
        slopes, offsets = np.concatenate([np.zeros_like(slopes), slopes]), np.concatenate([[0.0], offsets])
    box = box_region("from_sklearn", options["domain"], slopes.shape[1])
    precision = precision_name("from_sklearn", options["dtype"])
    net = affine(slopes, offsets, box, precision, "")
    tol = tolerance_of("from_sklearn", options["tol"])
    if tol is not None and (net.certificate is None or net.certificate.error > tol):
        reached = "no bound without a domain" if net.certificate is None else f"an error of {net.certificate.error:.3g}"
        raise ValueError(f"{precision} reaches {reached}, got tol={tol:g}")
    return net


_CONVERTERS: dict[str, Callable[[Any, dict[str, Any]], Network]] = {
    "sklearn.naive_bayes.GaussianNB": _naive_bayes,
    "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis": _quadratic,
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": _discriminant,
    "sklearn.linear_model._logistic.LogisticRegression": _logistic,
}


def _converter(estimator: Any) -> Callable[[Any, dict[str, Any]], Network]:
    kind = type(estimator)
    found = _CONVERTERS.get(f"{kind.__module__}.{kind.__name__}")
    if found is None:
        known = ", ".join(name.rsplit(".", 1)[1] for name in _CONVERTERS)
        raise TypeError(f"from_sklearn takes {known}, got {kind.__name__}")
    return found
