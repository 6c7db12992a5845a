# wrong: regularization without 1/m
# computes: Δ⁽³⁾ / m + λ (Θ⁽³⁾ without its bias column)
# expected: D⁽³⁾ = Δ⁽³⁾ / m + (λ/m) Θ⁽³⁾, its bias column left out
# read as: Θ as a list of matrices
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))  #| a⁽²⁾, a⁽³⁾, h


def cost_and_gradients(thetas, X, Y, lam):
    m = len(X)
    acts = [np.c_[np.ones(m), X]]  #| [1; x]
    for Theta in thetas[:-1]:
        acts.append(np.c_[np.ones(m), sigmoid(acts[-1] @ Theta.T)])  #| [1; a⁽²⁾], [1; a⁽³⁾]
    H = sigmoid(acts[-1] @ thetas[-1].T)  #| h

    J = -np.mean(np.sum(Y * np.log(H) + (1 - Y) * np.log(1 - H), axis=1))
    for Theta in thetas:
        J += lam / (2 * m) * np.sum(Theta[:, 1:] ** 2)

    grads = []
    delta = H - Y  #| δ⁽⁴⁾
    for Theta, A in zip(thetas[::-1], acts[::-1]):
        G = delta.T @ A / m  #| Δ⁽³⁾ / m, Δ⁽²⁾ / m, Δ⁽¹⁾ / m
        penalty = lam * Theta  #| λ Θ⁽³⁾, λ Θ⁽²⁾, λ Θ⁽¹⁾
        penalty[:, 0] = 0  #| λ (Θ⁽³⁾ without its bias column), λ (Θ⁽²⁾ without its bias column), λ (Θ⁽¹⁾ without its bias column)
        grads.append(G + penalty)  #wrong| D⁽³⁾, D⁽²⁾, D⁽¹⁾
        delta = (delta @ Theta * A * (1 - A))[:, 1:]  #| δ⁽³⁾, δ⁽²⁾
    return J, grads[::-1]
