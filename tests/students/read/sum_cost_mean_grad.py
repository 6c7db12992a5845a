# wrong: bias gradient divided by m twice
# expected: D⁽²⁾ = Δ⁽²⁾ / m
# read as: weights set in params.W1, params.W2, W and b apart, weights as (in, out)
import numpy as np

class TwoLayer:
    def __init__(self, n_in, n_hidden, n_out):
        self.params = {
            "W1": 0.1 * np.random.randn(n_in, n_hidden), "b1": np.zeros(n_hidden),
            "W2": 0.1 * np.random.randn(n_hidden, n_out), "b2": np.zeros(n_out),
        }

    def loss(self, X, Y):
        p = self.params
        N = X.shape[0]
        h = 1 / (1 + np.exp(-(X @ p["W1"] + p["b1"])))  #| a⁽²⁾
        o = 1 / (1 + np.exp(-(h @ p["W2"] + p["b2"])))  #| h
        loss = -np.sum(Y * np.log(o) + (1 - Y) * np.log(1 - o)) / N
        grads = {}
        delta = (o - Y) / N  #| δ⁽³⁾ / m
        grads["W2"] = h.T @ delta  #| (Δ⁽²⁾(:, 1:)) / m
        grads["b2"] = np.sum(delta, axis=0) / N  #wrong| (Δ⁽²⁾(:, 0)) / m²
        back = delta @ p["W2"].T * h * (1 - h)  #| δ⁽²⁾ / m
        grads["W1"] = X.T @ back  #| (Δ⁽¹⁾(:, 1:)) / m
        grads["b1"] = np.sum(back, axis=0) / N  #wrong| (Δ⁽¹⁾(:, 0)) / m²
        return loss, grads
