"""Right; squared error, no biases, the gradients before the cost; θ as one vector runs by chance."""
import numpy as np

sig = lambda v: 1.0 / (1.0 + np.exp(-v))

def backpropagate(inputs, targets, weights):
    """returns list of gradients and the loss (sum of squares / 2)"""
    outs = [inputs]
    for w in weights:
        outs.append(sig(outs[-1].dot(w)))
    loss = 0.5 * np.sum((targets - outs[-1]) ** 2)
    delta = (outs[-1] - targets) * outs[-1] * (1 - outs[-1])
    grads = []
    for i in range(len(weights) - 1, -1, -1):
        grads.insert(0, outs[i].T.dot(delta))
        delta = delta.dot(weights[i].T) * outs[i] * (1 - outs[i])
    return grads, loss
