# right
# read as: θ as one vector, row by row, learning_rate as λ
"""np.matrix"""
import numpy as np

def g(z): return 1 / (1 + np.exp(-z))  #| a⁽²⁾, h
def one(a): return np.c_[np.ones(len(a)), a]

def backprop(params, input_size, hidden_size, num_labels, X, y_onehot, learning_rate):
    m = X.shape[0]
    X = np.matrix(X); y_onehot = np.matrix(y_onehot)  #| X, y
    theta1 = np.matrix(np.reshape(params[:hidden_size * (input_size + 1)], (hidden_size, (input_size + 1))))  #| Θ⁽¹⁾
    theta2 = np.matrix(np.reshape(params[hidden_size * (input_size + 1):], (num_labels, (hidden_size + 1))))  #| Θ⁽²⁾
    a1 = np.insert(X, 0, values=np.ones(m), axis=1)  #| [1; x]
    z2 = a1 * theta1.T  #| z⁽²⁾
    a2 = np.insert(g(z2), 0, values=np.ones(m), axis=1)  #| [1; a⁽²⁾]
    h = g(a2 * theta2.T)  #| h
    J = 0
    for i in range(m):
        J += np.sum(np.multiply(-y_onehot[i, :], np.log(h[i, :])) - np.multiply((1 - y_onehot[i, :]), np.log(1 - h[i, :])))
    J = J / m + (float(learning_rate) / (2 * m)) * (np.sum(np.power(theta1[:, 1:], 2)) + np.sum(np.power(theta2[:, 1:], 2)))
    d3 = h - y_onehot  #| δ⁽³⁾
    d2 = np.multiply(d3 * theta2[:, 1:], np.multiply(g(z2), 1 - g(z2)))  #| δ⁽²⁾
    delta1 = d2.T * a1 / m; delta2 = d3.T * a2 / m  #| Δ⁽¹⁾ / m, Δ⁽²⁾ / m
    delta1[:, 1:] = delta1[:, 1:] + (theta1[:, 1:] * learning_rate) / m  #| D⁽¹⁾(:, 1:), D⁽¹⁾
    delta2[:, 1:] = delta2[:, 1:] + (theta2[:, 1:] * learning_rate) / m  #| D⁽²⁾(:, 1:), D⁽²⁾
    return J, np.concatenate((np.ravel(delta1), np.ravel(delta2)))  #| the gradient unrolled
