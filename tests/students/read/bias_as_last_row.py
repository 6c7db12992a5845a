# right
# read as: weights set in weights.0, weights.1, weights.2, weights as (in, out), the bias weight last
import numpy as np


class NeuralNetwork:
    """weights[i] is (units + 1, next units); the last row belongs to the constant 1."""

    def __init__(self, layers, alpha=0.1):
        self.weights = [np.random.randn(a + 1, b) / np.sqrt(a) for a, b in zip(layers, layers[1:])]
        self.alpha = alpha

    @staticmethod
    def _extend(a):
        return np.hstack([a, np.ones((a.shape[0], 1))])

    def gradients(self, X, y):
        layers = [self._extend(X)]
        for k, w in enumerate(self.weights):
            out = 1 / (1 + np.exp(-layers[-1].dot(w)))  #| a⁽²⁾, a⁽³⁾, h
            layers.append(self._extend(out) if k + 1 < len(self.weights) else out)  #| h
        error = layers[-1] - y  #| δ⁽⁴⁾
        result = []
        for k in reversed(range(len(self.weights))):
            result.insert(0, layers[k].T.dot(error) / len(X))
            if k > 0:
                a = layers[k][:, :-1]  #| a⁽³⁾, a⁽²⁾
                error = error.dot(self.weights[k][:-1].T) * a * (1 - a)  #| δ⁽³⁾, δ⁽²⁾
        return result

    def update(self, X, y):
        for w, g in zip(self.weights, self.gradients(X, y)):
            w -= self.alpha * g
