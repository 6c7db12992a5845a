# right for its own cost: ReLU in the hidden layers instead of the sigmoid; softmax at the output instead of the sigmoid; λ instead of λ/2m
# read as: weights set in params.W1, params.W2, W and b apart, weights as (in, out), y as class numbers from 0
import numpy as np


class TwoLayerNet(object):
    """Two fully connected layers, softmax loss."""

    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {}
        self.params['W1'] = std * np.random.randn(input_size, hidden_size)
        self.params['b1'] = np.zeros(hidden_size)
        self.params['W2'] = std * np.random.randn(hidden_size, output_size)
        self.params['b2'] = np.zeros(output_size)

    def loss(self, X, y=None, reg=0.0):
        W1, b1 = self.params['W1'], self.params['b1']  #| Θ⁽¹⁾(:, 1:), Θ⁽¹⁾(:, 0)
        W2, b2 = self.params['W2'], self.params['b2']  #| Θ⁽²⁾(:, 1:), Θ⁽²⁾(:, 0)
        N, D = X.shape
        hidden = np.maximum(0, X.dot(W1) + b1)  #| a⁽²⁾
        scores = hidden.dot(W2) + b2  #| z⁽³⁾
        if y is None:
            return scores
        shifted = scores - scores.max(axis=1, keepdims=True)
        probs = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)  #| h
        loss = -np.log(probs[np.arange(N), y]).sum() / N
        loss += reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        grads = {}
        dscores = probs  #| h
        dscores[np.arange(N), y] -= 1
        dscores /= N  #| δ⁽³⁾ / m
        grads['W2'] = hidden.T.dot(dscores) + 2 * reg * W2  #| D⁽²⁾(:, 1:)
        grads['b2'] = dscores.sum(axis=0)  #| (Δ⁽²⁾(:, 0)) / m
        dhidden = dscores.dot(W2.T)  #| (Θ⁽²⁾ᵀ δ⁽³⁾) / m
        dhidden[hidden <= 0] = 0  #| δ⁽²⁾ / m
        grads['W1'] = X.T.dot(dhidden) + 2 * reg * W1  #| D⁽¹⁾(:, 1:)
        grads['b1'] = dhidden.sum(axis=0)  #| (Δ⁽¹⁾(:, 0)) / m
        return loss, grads
