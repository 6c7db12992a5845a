# wrong: last unit dropped from δ instead of the bias unit
# computes: δ⁽ˡ⁾ = [(Θ⁽ˡ⁾)ᵀ δ⁽ˡ⁺¹⁾ .* g'([1; …])](1:end−1)
# expected: δ⁽²⁾ = Θ⁽²⁾(:, 1:)ᵀ δ⁽³⁾ .* a⁽²⁾ .* (1 − a⁽²⁾)
# read as: θ as one vector, row by row, y as class labels from 1
import numpy as np

def g(z):
    return 1 / (1 + np.exp(-z))  #| a⁽²⁾, h

def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda_):
    """y holds the labels 1..num_labels."""
    cut = hidden_layer_size * (input_layer_size + 1)
    Theta1 = nn_params[:cut].reshape(hidden_layer_size, input_layer_size + 1)  #| Θ⁽¹⁾
    Theta2 = nn_params[cut:].reshape(num_labels, hidden_layer_size + 1)  #| Θ⁽²⁾
    m = y.size
    Y = np.zeros((m, num_labels))
    for i in range(m):
        Y[i, y.ravel()[i] - 1] = 1
    a1 = np.hstack([np.ones((m, 1)), X])  #| [1; x]
    a2 = g(a1 @ Theta1.T)  #| a⁽²⁾
    a2 = np.hstack([np.ones((m, 1)), a2])  #| [1; a⁽²⁾]
    a3 = g(a2 @ Theta2.T)  #| h
    J = -1/m * np.sum(Y * np.log(a3) + (1 - Y) * np.log(1 - a3))
    J += lambda_/(2*m) * (np.sum(Theta1[:, 1:]**2) + np.sum(Theta2[:, 1:]**2))
    d3 = a3 - Y  #| δ⁽³⁾
    d2 = (d3 @ Theta2 * a2 * (1 - a2))[:, :-1]  #wrong| δ⁽²⁾
    G1 = d2.T @ a1 / m  #follows| Δ⁽¹⁾ / m
    G2 = d3.T @ a2 / m  #| Δ⁽²⁾ / m
    G1[:, 1:] += lambda_/m * Theta1[:, 1:]  #follows| D⁽¹⁾(:, 1:), D⁽¹⁾
    G2[:, 1:] += lambda_/m * Theta2[:, 1:]  #| D⁽²⁾(:, 1:), D⁽²⁾
    return J, np.concatenate([G1.ravel(), G2.ravel()])  #follows| the gradient unrolled
