# wrong
# computes: Θ⁽³⁾ᵀ δ⁽⁴⁾ .* a⁽²⁾ .* (1 − a⁽²⁾)
# expected: δ⁽²⁾ = Θ⁽²⁾(:, 1:)ᵀ δ⁽³⁾ .* a⁽²⁾ .* (1 − a⁽²⁾)
# read as: Θ matrix by matrix, W and b apart, weights as (in, out)
import numpy as np

def act(z):
    return 1/(1+np.exp(-z))  #| a⁽²⁾, a⁽³⁾, h

def train_step(W1, b1, W2, b2, W3, b3, X, Y, lr):
    n = X.shape[0]
    A1 = act(X @ W1 + b1)  #| a⁽²⁾
    A2 = act(A1 @ W2 + b2)  #| a⁽³⁾
    A3 = act(A2 @ W3 + b3)  #| h
    E3 = A3 - Y  #| δ⁽⁴⁾
    E2 = (E3 @ W3.T) * A2 * (1 - A2)  #| δ⁽³⁾
    E1 = (E3 @ W3.T) * A1 * (1 - A1)  #wrong| δ⁽²⁾
    W3 = W3 - lr * A2.T @ E3 / n  #| Θ⁽³⁾ already changed
    b3 = b3 - lr * E3.mean(axis=0)  #| Θ⁽³⁾ already changed
    W2 = W2 - lr * A1.T @ E2 / n  #| Θ⁽²⁾ already changed
    b2 = b2 - lr * E2.mean(axis=0)  #| Θ⁽²⁾ already changed
    W1 = W1 - lr * X.T @ E1 / n  #follows| Θ⁽¹⁾ already changed
    b1 = b1 - lr * E1.mean(axis=0)  #follows| Θ⁽¹⁾ already changed
    return W1, b1, W2, b2, W3, b3  #follows| Θ⁽¹⁾ already changed, Θ⁽²⁾ already changed, Θ⁽³⁾ already changed
