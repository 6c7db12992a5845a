import numpy as np

def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]

input_layer_size = 20; hidden_layer_size = 8; num_labels = 10
def nnCostFunction(nn_params, X, y, lmbda):
    k = hidden_layer_size * (input_layer_size + 1)
    Theta1 = nn_params[:k].reshape(hidden_layer_size, input_layer_size + 1, order='F'); Theta2 = nn_params[k:].reshape(num_labels, hidden_layer_size + 1, order='F')
    Y = np.eye(num_labels)[y.ravel() - 1]; lambda_ = lmbda
    m = len(X)
    a1 = one(X); a2 = one(g(a1 @ Theta1.T)); h = g(a2 @ Theta2.T)
    d3 = h - Y; d2 = d3 @ Theta2[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:])
    D1, D2 = d2.T @ a1 / m, d3.T @ a2 / m
    D1[:, 1:] += lambda_ / m * Theta1[:, 1:]; D2[:, 1:] += lambda_ / m * Theta2[:, 1:]
    J = -np.sum(Y*np.log(h)+(1-Y)*np.log(1-h))/m + lambda_/(2*m)*(np.sum(Theta1[:,1:]**2)+np.sum(Theta2[:,1:]**2))
    return J, np.r_[D1.ravel('F'), D2.ravel('F')]
