# right
# read as: θ as one vector, row by row, y as class labels from 1
"""log of a clipped h; y labels 1..K"""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, h
def one(a): return np.c_[np.ones(len(a)), a]  #| [1; x], [1; a⁽²⁾]

def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, Lambda):
    Theta1 = nn_params[:hidden_layer_size * (input_layer_size + 1)].reshape(hidden_layer_size, input_layer_size + 1)  #| Θ⁽¹⁾
    Theta2 = nn_params[hidden_layer_size * (input_layer_size + 1):].reshape(num_labels, hidden_layer_size + 1)  #| Θ⁽²⁾
    m = X.shape[0]
    Y = np.eye(num_labels)[y.flatten().astype(int) - 1]  #| y
    a1 = one(X); z2 = a1.dot(Theta1.T); a2 = one(g(z2)); z3 = a2.dot(Theta2.T); a3 = np.clip(g(z3), 1e-12, 1 - 1e-12)  #| [1; x], z⁽²⁾, [1; a⁽²⁾], z⁽³⁾, …
    J = -1 / m * np.sum(Y * np.log(a3) + (1 - Y) * np.log(1 - a3))
    J += Lambda / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))
    d3 = a3 - Y  #| δ⁽³⁾
    d2 = d3.dot(Theta2)[:, 1:] * g(z2) * (1 - g(z2))  #| δ⁽²⁾
    G1 = d2.T.dot(a1) / m; G2 = d3.T.dot(a2) / m  #| Δ⁽¹⁾ / m, Δ⁽²⁾ / m
    G1[:, 1:] += Lambda / m * Theta1[:, 1:]; G2[:, 1:] += Lambda / m * Theta2[:, 1:]  #| D⁽¹⁾(:, 1:), D⁽¹⁾, D⁽²⁾(:, 1:), D⁽²⁾
    return J, np.concatenate([G1.ravel(), G2.ravel()])  #| the gradient unrolled
