# wrong: 1/m twice
# expected: D⁽¹⁾ = Δ⁽¹⁾ / m + (λ/m) Θ⁽¹⁾, its bias column left out
# read as: the weights of one layer, no biases, weights as (in, out), y as class numbers from 0
import numpy as np

def softmax_loss(W, X, y, reg):
    N = X.shape[0]
    scores = X.dot(W)  #| z⁽²⁾
    scores -= np.max(scores, axis=1, keepdims=True)
    p = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)  #| h
    loss = -np.mean(np.log(p[np.arange(N), y])) + 0.5 * reg * np.sum(W * W)
    dscores = p  #| h
    dscores[np.arange(N), y] -= 1
    dscores /= N  #| δ⁽²⁾ / m
    dW = X.T.dot(dscores) / N  #wrong| (Δ⁽¹⁾(:, 1:)) / m²
    dW += reg * W  #follows| D⁽¹⁾(:, 1:)
    return loss, dW  #follows| D⁽¹⁾(:, 1:)
