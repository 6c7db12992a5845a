"""Several wrong steps in one gradient: each is named, with the layers where it shows."""

import numpy as np
import pytest

from micrograd_bp import SigmoidNetwork, check_backprop


def g(z):
    return 1.0 / (1.0 + np.exp(-z))


def one(a):
    return np.hstack([np.ones((len(a), 1)), a])


class Pass:
    """A right pass through a network, written down for itself; wrong ones change a step of it.

    ``sent[l]`` is the δ that goes back from layer l + 1, ``used[l]`` the one in its gradient.
    """

    def __init__(self, thetas, X, Y, lambda_):
        self.thetas, self.m, self.lambda_ = thetas, len(X), lambda_
        self.z, self.a = [X], [X]
        for T in thetas:
            self.z.append(one(self.a[-1]) @ T.T)
            self.a.append(g(self.z[-1]))
        d = self.a[-1] - Y
        self.D = [None] * len(thetas)
        for l in range(len(thetas) - 1, -1, -1):
            d, sent = self.deltas(l, d)
            self.D[l] = self.gradient(l, d)
            d = self.back(l, sent) if l else None

    def deltas(self, l, d):
        return d, d

    def back(self, l, d):
        return d @ self.thetas[l][:, 1:] * self.a[l] * (1 - self.a[l])

    def gradient(self, l, d):
        D = d.T @ one(self.a[l]) / self.m
        D[:, 1:] += self.lambda_ / self.m * self.thetas[l][:, 1:]
        return D


class ThetaForA(Pass):
    def gradient(self, l, d):
        D = super().gradient(l, d)
        if l == 1:
            sums = d.sum(axis=0)[:, np.newaxis] * self.thetas[l][:, 1:]
            D[:, 1:] += (sums - d.T @ self.a[l]) / self.m
        return D


class OtherLayersBias(Pass):
    """The bias gradient of Θ⁽¹⁾ is made of δ⁽³⁾: layers of one size."""

    def deltas(self, l, d):
        self.seen = {**getattr(self, "seen", {}), l: d}
        return d, d

    def gradient(self, l, d):
        D = super().gradient(l, d)
        if l == 0:
            D[:, 0] = self.seen[1].mean(axis=0)
        return D


class NoSlopeInWeights(Pass):
    """The weights' gradient takes Θᵀδ, the bias gradient δ as it should be."""

    def back(self, l, d):
        self.error = d @ self.thetas[l][:, 1:]
        return super().back(l, d)

    def gradient(self, l, d):
        D = super().gradient(l, d)
        if l == 0:
            D[:, 1:] += (self.error - d).T @ self.a[l] / self.m
        return D


class NoSlopeInBias(NoSlopeInWeights):
    def gradient(self, l, d):
        D = Pass.gradient(self, l, d)
        if l == 0:
            D[:, 0] += (self.error - d).mean(axis=0)
        return D


class TwoDeltas(Pass):
    """h − y in the gradient, times g′ on its way back."""

    def deltas(self, l, d):
        h = self.a[-1]
        return (d, d * h * (1 - h)) if l == len(self.thetas) - 1 else (d, d)


class TwoDeltasTheOtherWay(TwoDeltas):
    def deltas(self, l, d):
        return super().deltas(l, d)[::-1]


class SignAndSlopeAndPenalty(Pass):
    """y − h, no g′, and twice the penalty."""

    def deltas(self, l, d):
        return (-d, -d) if l == len(self.thetas) - 1 else (d, d)

    def back(self, l, d):
        return d @ self.thetas[l][:, 1:]

    def gradient(self, l, d):
        D = super().gradient(l, d)
        D[:, 1:] += self.lambda_ / self.m * self.thetas[l][:, 1:]
        return D


class InputsAndFactor(Pass):
    """z for a in every δaᵀ, and three times the bias gradient of Θ⁽²⁾."""

    def gradient(self, l, d):
        D = super().gradient(l, d)
        D[:, 1:] += d.T @ (self.z[l] - self.a[l]) / self.m
        if l == 1:
            D[:, 0] *= 3
        return D


class SlopeOfOneLayer(Pass):
    """No g′ in δ⁽³⁾ alone, and nothing divided by m in Θ⁽¹⁾'s gradient but its penalty."""

    def back(self, l, d):
        return d @ self.thetas[l][:, 1:] if l == 2 else super().back(l, d)

    def gradient(self, l, d):
        D = super().gradient(l, d)
        return D + (self.m - 1) * d.T @ one(self.a[l]) / self.m if l == 0 else D


class StrayPenalty(Pass):
    """1.7 times the penalty."""

    def gradient(self, l, d):
        D = super().gradient(l, d)
        D[:, 1:] += 0.7 * self.lambda_ / self.m * self.thetas[l][:, 1:]
        return D


UNSLOPED = "g' missing in δ"
TWO = "two different δ of the output layer: (h_θ(x) − y) .* h_θ(x) .* (1 − h_θ(x)) and h_θ(x) − y"
DEEP, SQUARE = [3, 5, 4, 3], [4, 4, 4, 4]


@pytest.mark.parametrize(
    ("wrong", "sizes", "parts", "layers"),
    [
        (Pass, DEEP, (), ()),
        (ThetaForA, DEEP, ("θ where a belongs in δaᵀ",), (2,)),
        (OtherLayersBias, SQUARE, ("δ of another layer in the bias gradient",), (1,)),
        (NoSlopeInWeights, DEEP, (f"{UNSLOPED}, in the weights' gradient only",), (1,)),
        (NoSlopeInBias, DEEP, (f"{UNSLOPED}, in the bias gradient only",), (1,)),
        (TwoDeltas, DEEP, (f"{TWO}, one in the gradient and one sent back",), (1, 2)),
        (TwoDeltasTheOtherWay, DEEP, (f"{TWO}, one in the gradient and one sent back",), (3,)),
        (SignAndSlopeAndPenalty, DEEP, ("sign of h − y", UNSLOPED, "regularization twice"),
         (1, 2, 3)),
        (InputsAndFactor, DEEP, ("z used where a belongs in δaᵀ",
                                 "bias gradient times a stray factor 3"), (2, 3)),
        (SlopeOfOneLayer, DEEP, (UNSLOPED, "no 1/m"), (1, 2)),
    ],
)  # fmt: skip
def test_each_wrong_step_is_named_with_its_layers(wrong, sizes, parts, layers):
    net = SigmoidNetwork(sizes, seed=4, init=1.0)
    X, Y = net.data(np.random.default_rng(5).normal(size=(6, sizes[0])), [0, 1, 2, 2, 1, 0])
    diagnosis = check_backprop(lambda *problem: wrong(*problem).D, net, X, Y, 0.8)
    if not parts:
        assert diagnosis.outcome == "right"
    else:
        (found,) = diagnosis.mistakes
        assert sorted(found.parts) == sorted(parts)
        assert found.layers == layers


@pytest.mark.parametrize(
    ("wrong", "name", "meant"),
    [
        (InputsAndFactor, "bias gradient times a stray factor 3",
         "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + …"),
        (StrayPenalty, "regularization times a stray factor 1.7",
         "D_ij⁽ˡ⁾ = (1/m) Δ_ij⁽ˡ⁾ + (λ/m) θ_ij⁽ˡ⁾ for j ≥ 1"),
    ],
)  # fmt: skip
def test_a_stray_factor_is_told_beside_the_formula_that_it_is_in(wrong, name, meant):
    net = SigmoidNetwork([4, 5, 3], seed=4, init=1.0)
    X, Y = net.data(np.random.default_rng(5).normal(size=(6, 4)), [0, 1, 2, 2, 1, 0])
    (found,) = check_backprop(lambda *problem: wrong(*problem).D, net, X, Y, 0.8).mistakes
    formulas = dict(zip(found.parts, found.formulas, strict=True))
    assert formulas[name][1] == meant
