# right
# read as: θ as one vector, row by row, y as class numbers from 0
"""labels 1..K where K stands for 0, one loop a sample"""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾ of example 1, h of example 1, a⁽²⁾ of example 2, h of example 2, …
def one(a): return np.c_[np.ones(len(a)), a]

def cost_grad(theta, sizes, X, y, lam):
    n, s, K = sizes
    T1 = np.reshape(theta[: s * (n + 1)], (s, n + 1)); T2 = np.reshape(theta[s * (n + 1):], (K, s + 1))  #| Θ⁽¹⁾, Θ⁽²⁾
    m = X.shape[0]; D1 = np.zeros(T1.shape); D2 = np.zeros(T2.shape); J = 0
    for i in range(m):
        yi = np.zeros(K); yi[y[i] % K] = 1
        a1 = np.append(1, X[i]); z2 = T1.dot(a1); a2 = np.append(1, g(z2)); a3 = g(T2.dot(a2))  #| [1; x] of example 1, z⁽²⁾ of example 1, [1; a⁽²⁾] of example 1, h of example 1, …
        J += -np.sum(yi * np.log(a3) + (1 - yi) * np.log(1 - a3))
        d3 = a3 - yi; d2 = T2[:, 1:].T.dot(d3) * g(z2) * (1 - g(z2))  #| δ⁽³⁾ of example 1, δ⁽²⁾ of example 1, δ⁽³⁾ of example 2, δ⁽²⁾ of example 2, …
        D1 += np.outer(d2, a1); D2 += np.outer(d3, a2)  #| δ⁽²⁾(a⁽¹⁾)ᵀ of example 1, δ⁽³⁾(a⁽²⁾)ᵀ of example 1, Δ⁽¹⁾ after 2 examples, Δ⁽²⁾ after 2 examples, …
    J = J / m + lam / (2 * m) * (np.sum(T1[:, 1:] ** 2) + np.sum(T2[:, 1:] ** 2))
    R1 = lam * T1; R1[:, 0] = 0; R2 = lam * T2; R2[:, 0] = 0  #| λ Θ⁽¹⁾, λ (Θ⁽¹⁾ without its bias column), λ Θ⁽²⁾, λ (Θ⁽²⁾ without its bias column)
    return J, np.hstack(((D1 + R1).ravel() / m, (D2 + R2).ravel() / m))  #| the gradient unrolled
