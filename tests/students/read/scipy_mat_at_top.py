# right
# read as: θ as one vector, row by row, y as class labels from 1
import numpy as np
from scipy.io import loadmat
from scipy.optimize import minimize
from scipy.special import expit
import matplotlib.pyplot as plt

data = loadmat("ex4data1.mat")
X = data["X"]
y = data["y"]
weights = loadmat("ex4weights.mat")
theta1, theta2 = weights["Theta1"], weights["Theta2"]
params = np.r_[theta1.ravel(), theta2.ravel()]

def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, features, classes, reg):
    theta1 = nn_params[0:(hidden_layer_size * (input_layer_size + 1))].reshape(hidden_layer_size, (input_layer_size + 1))  #| Θ⁽¹⁾
    theta2 = nn_params[(hidden_layer_size * (input_layer_size + 1)):].reshape(num_labels, (hidden_layer_size + 1))  #| Θ⁽²⁾
    m = features.shape[0]
    y_matrix = (np.arange(1, num_labels + 1) == classes.reshape(-1, 1)).astype(float)  #| y
    a1 = np.c_[np.ones((m, 1)), features]  #| [1; x]
    z2 = theta1.dot(a1.T)  #| z⁽²⁾
    a2 = np.c_[np.ones((m, 1)), expit(z2.T)]  #| [1; a⁽²⁾]
    z3 = theta2.dot(a2.T)  #| z⁽³⁾
    a3 = expit(z3)  #| h
    J = -1 * (1 / m) * np.sum((np.log(a3.T) * (y_matrix) + np.log(1 - a3).T * (1 - y_matrix))) + \
        (reg / (2 * m)) * (np.sum(np.square(theta1[:, 1:])) + np.sum(np.square(theta2[:, 1:])))
    d3 = a3.T - y_matrix  #| δ⁽³⁾
    d2 = theta2[:, 1:].T.dot(d3.T) * expit(z2) * (1 - expit(z2))  #| δ⁽²⁾
    delta1 = d2.dot(a1)  #| Δ⁽¹⁾
    delta2 = d3.T.dot(a2)  #| Δ⁽²⁾
    theta1_ = np.c_[np.zeros((theta1.shape[0], 1)), theta1[:, 1:]]  #| Θ⁽¹⁾ without its bias column
    theta2_ = np.c_[np.zeros((theta2.shape[0], 1)), theta2[:, 1:]]  #| Θ⁽²⁾ without its bias column
    theta1_grad = delta1 / m + (theta1_ * reg) / m  #| D⁽¹⁾
    theta2_grad = delta2 / m + (theta2_ * reg) / m  #| D⁽²⁾
    return J, np.r_[theta1_grad.ravel(), theta2_grad.ravel()]  #| the gradient unrolled

print(nnCostFunction(params, 400, 25, 10, X, y, 1)[0])
res = minimize(nnCostFunction, params, args=(400, 25, 10, X, y, 1), jac=True, method="L-BFGS-B")
