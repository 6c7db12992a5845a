# right
# read as: weights set in weights.0, weights.1, weights.2, W and b apart, weights as (in, out)
import numpy as np
def sig(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, a⁽³⁾, h
class MLP:
    def __init__(self, n_inputs, hidden_layers, n_outputs):
        sizes = [n_inputs] + list(hidden_layers) + [n_outputs]
        self.weights = [np.random.randn(a, b) for a, b in zip(sizes[:-1], sizes[1:])]
        self.biases = [np.zeros(b) for b in sizes[1:]]
    def gradients(self, X, Y):
        a = [X]  #| X
        for W, b in zip(self.weights, self.biases): a.append(sig(a[-1] @ W + b))  #| a⁽²⁾, a⁽³⁾, h
        d = (a[-1] - Y) / len(X); dW, db = [], []  #| δ⁽⁴⁾ / m
        for l in range(len(self.weights) - 1, -1, -1):
            dW.insert(0, a[l].T @ d); db.insert(0, d.sum(0))  #| (Δ⁽³⁾(:, 1:)) / m, (Δ⁽³⁾(:, 0)) / m, (Δ⁽²⁾(:, 1:)) / m, (Δ⁽²⁾(:, 0)) / m, …
            d = d @ self.weights[l].T * a[l] * (1 - a[l])  #| δ⁽³⁾ / m, δ⁽²⁾ / m
        return dW, db
