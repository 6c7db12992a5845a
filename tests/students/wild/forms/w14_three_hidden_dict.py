import numpy as np

def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]

def L_model_forward(X, parameters):
    caches = []; A = X; L = len(parameters) // 2
    for l in range(1, L + 1):
        A_prev = A
        Z = parameters["W" + str(l)] @ A_prev + parameters["b" + str(l)]
        A = g(Z); caches.append((A_prev, Z))
    return A, caches
def compute_cost(AL, Y):
    m = Y.shape[1]
    return -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m
def L_model_backward(AL, Y, caches, parameters):
    grads = {}; m = Y.shape[1]; L = len(caches); dZ = AL - Y
    for l in range(L, 0, -1):
        A_prev, Z = caches[l - 1]
        grads["dW" + str(l)] = dZ @ A_prev.T / m; grads["db" + str(l)] = dZ.sum(1, keepdims=True) / m
        if l > 1:
            s = g(caches[l - 2][1]); dZ = parameters["W" + str(l)].T @ dZ * s * (1 - s)
    return grads
