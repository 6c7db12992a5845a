# wrong: λ/2m instead of λ/m
# computes: Δ⁽¹⁾ / m + λ (Θ⁽¹⁾ without its bias column) / 2m
# expected: D⁽¹⁾ = Δ⁽¹⁾ / m + (λ/m) Θ⁽¹⁾, its bias column left out
# read as: θ as one vector, y as class labels from 1
import numpy as np

def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))  #| a⁽²⁾, h

def costFunction(nn_params, n, h, k, X, y, lam):
    Theta1 = np.reshape(nn_params[:h*(n+1)], (h, n+1), order='F')  #| Θ⁽¹⁾
    Theta2 = np.reshape(nn_params[h*(n+1):], (k, h+1), order='F')  #| Θ⁽²⁾
    m = X.shape[0]
    A1 = np.column_stack((np.ones(m), X))  #| [1; x]
    A2 = np.column_stack((np.ones(m), sigmoid(A1 @ Theta1.T)))  #| [1; a⁽²⁾]
    H = sigmoid(A2 @ Theta2.T)  #| h
    Y = np.eye(k)[y.ravel() - 1]  #| y
    J = np.sum(-Y*np.log(H) - (1-Y)*np.log(1-H))/m
    J += lam/(2*m)*(np.sum(Theta1[:, 1:]**2) + np.sum(Theta2[:, 1:]**2))
    D3 = H - Y  #| δ⁽³⁾
    D2 = (D3 @ Theta2)[:, 1:] * A2[:, 1:] * (1 - A2[:, 1:])  #| δ⁽²⁾
    R1 = Theta1.copy(); R1[:, 0] = 0  #| Θ⁽¹⁾, Θ⁽¹⁾ without its bias column
    R2 = Theta2.copy(); R2[:, 0] = 0  #| Θ⁽²⁾, Θ⁽²⁾ without its bias column
    grad1 = D2.T @ A1 / m + lam/(2*m)*R1  #wrong| D⁽¹⁾
    grad2 = D3.T @ A2 / m + lam/(2*m)*R2  #wrong| D⁽²⁾
    return J, np.concatenate([grad1.ravel(order='F'), grad2.ravel(order='F')])  #follows| the gradient unrolled
