"""The picture of docs/hamiltonians.md: the Gaussian of the digit 3 on ten principal components, as eleven logistic neurons.

python docs/img/digit.py
"""

from __future__ import annotations

import pathlib

import numpy as np
from flatnet import hamiltonians
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

TARGET = pathlib.Path(__file__).resolve().with_suffix(".svg")

if __name__ == "__main__":
    X, y = load_digits(return_X_y=True)
    X = PCA(10, random_state=0).fit_transform(X)[y == 3]
    digit = hamiltonians.Gaussian(X.mean(axis=0), np.cov(X.T))
    hamiltonians.network(digit).draw(labels=False).save(TARGET)
