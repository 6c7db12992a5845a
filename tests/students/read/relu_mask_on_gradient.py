# wrong: the mask of ReLU taken from the error instead of z
# expected: δ⁽²⁾ = Θ⁽²⁾(:, 1:)ᵀ δ⁽³⁾ .* g′(z⁽²⁾)
# read as: weights set in W1, W2, W and b apart, weights as (in, out), y as class numbers from 0
import numpy as np

class Net:
    def __init__(self, D, H, C):
        self.W1 = 0.01 * np.random.randn(D, H)
        self.b1 = np.zeros(H)
        self.W2 = 0.01 * np.random.randn(H, C)
        self.b2 = np.zeros(C)

    def loss(self, X, y):
        N = X.shape[0]
        h = np.maximum(0, X @ self.W1 + self.b1)  #| a⁽²⁾
        s = h @ self.W2 + self.b2  #| z⁽³⁾
        s = s - s.max(axis=1, keepdims=True)
        p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)  #| h
        loss = -np.log(p[range(N), y]).mean()
        ds = p.copy()  #| h
        ds[range(N), y] -= 1
        ds /= N  #| δ⁽³⁾ / m
        dW2 = h.T @ ds  #| (Δ⁽²⁾(:, 1:)) / m
        db2 = ds.sum(axis=0)  #| (Δ⁽²⁾(:, 0)) / m
        dh = ds @ self.W2.T  #| (Θ⁽²⁾ᵀ δ⁽³⁾) / m
        dh[dh <= 0] = 0  #wrong| δ⁽²⁾
        dW1 = X.T @ dh  #follows| Δ⁽¹⁾(:, 1:)
        db1 = dh.sum(axis=0)  #follows| Δ⁽¹⁾(:, 0)
        return loss, dict(W1=dW1, b1=db1, W2=dW2, b2=db2)
