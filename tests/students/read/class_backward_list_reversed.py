# wrong: g' taken as a(1 + a), for a(1 − a)
# expected: δ⁽³⁾ = Θ⁽³⁾(:, 1:)ᵀ δ⁽⁴⁾ .* a⁽³⁾ .* (1 − a⁽³⁾)
# read as: weights set in thetas.0, thetas.1, thetas.2
import numpy as np

class FeedForward:
    def __init__(self, sizes):
        self.thetas = [np.random.uniform(-0.5, 0.5, (o, i + 1)) for i, o in zip(sizes[:-1], sizes[1:])]

    def activate(self, X):
        acts = [X]  #| X
        for theta in self.thetas:
            acts.append(1 / (1 + np.exp(-np.hstack([np.ones((len(X), 1)), acts[-1]]) @ theta.T)))  #| a⁽²⁾, a⁽³⁾, h
        return acts

    def gradients(self, X, Y, lam=0.0):
        acts = self.activate(X)
        m = len(X)
        delta = acts[-1] - Y  #| δ⁽⁴⁾
        grads = []
        for i in range(len(self.thetas) - 1, -1, -1):
            grad = delta.T @ np.hstack([np.ones((m, 1)), acts[i]]) / m  #follows| Δ⁽³⁾ / m, Δ⁽²⁾ / m, Δ⁽¹⁾ / m
            grad[:, 1:] += lam * self.thetas[i][:, 1:] / m  #follows| D⁽³⁾(:, 1:), D⁽³⁾, D⁽²⁾(:, 1:), D⁽²⁾, …
            grads.append(grad)  #follows| D⁽³⁾, D⁽²⁾, D⁽¹⁾
            delta = (delta @ self.thetas[i])[:, 1:] * acts[i] * (1 + acts[i])  #wrong| δ⁽³⁾, δ⁽²⁾
        return grads[::-1]
