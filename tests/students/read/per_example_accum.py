# right
# read as: θ as one vector, y as class labels from 1
import numpy as np

def g(z):
    return 1.0/(1.0+np.exp(-z))  #| a⁽²⁾ of example 1, h of example 1, a⁽²⁾ of example 2, h of example 2, …

def nnCostFunc(nn_params, input_size, hidden_size, num_labels, X, y, Lambda):
    T1 = nn_params[:hidden_size*(input_size+1)].reshape((hidden_size, input_size+1), order='F')  #| Θ⁽¹⁾
    T2 = nn_params[hidden_size*(input_size+1):].reshape((num_labels, hidden_size+1), order='F')  #| Θ⁽²⁾
    m = len(X)
    J = 0.
    D1 = np.zeros_like(T1)
    D2 = np.zeros_like(T2)
    for t in range(m):
        a1 = np.concatenate(([1.0], X[t]))  #| [1; x] of example 1, [1; x] of example 2, [1; x] of example 3, [1; x] of example 4, …
        z2 = T1.dot(a1)  #| z⁽²⁾ of example 1, z⁽²⁾ of example 2, z⁽²⁾ of example 3, z⁽²⁾ of example 4, …
        a2 = np.concatenate(([1.0], g(z2)))  #| [1; a⁽²⁾] of example 1, [1; a⁽²⁾] of example 2, [1; a⁽²⁾] of example 3, [1; a⁽²⁾] of example 4, …
        a3 = g(T2.dot(a2))  #| h of example 1, h of example 2, h of example 3, h of example 4, …
        yk = np.zeros(num_labels)
        yk[int(np.ravel(y)[t]) - 1] = 1
        J -= np.sum(yk*np.log(a3) + (1-yk)*np.log(1-a3))
        e3 = a3 - yk  #| δ⁽³⁾ of example 1, δ⁽³⁾ of example 2, δ⁽³⁾ of example 3, δ⁽³⁾ of example 4, …
        e2 = T2.T.dot(e3)[1:] * g(z2) * (1 - g(z2))  #| δ⁽²⁾ of example 1, δ⁽²⁾ of example 2, δ⁽²⁾ of example 3, δ⁽²⁾ of example 4, …
        D1 += np.outer(e2, a1)  #| δ⁽²⁾(a⁽¹⁾)ᵀ of example 1, Δ⁽¹⁾ after 2 examples, Δ⁽¹⁾ after 3 examples, Δ⁽¹⁾ after 4 examples, …
        D2 += np.outer(e3, a2)  #| δ⁽³⁾(a⁽²⁾)ᵀ of example 1, Δ⁽²⁾ after 2 examples, Δ⁽²⁾ after 3 examples, Δ⁽²⁾ after 4 examples, …
    J = J/m + Lambda/(2.0*m)*(np.sum(np.square(T1[:, 1:])) + np.sum(np.square(T2[:, 1:])))
    D1 /= m  #| Δ⁽¹⁾ / m
    D2 /= m  #| Δ⁽²⁾ / m
    D1[:, 1:] += (Lambda/m)*T1[:, 1:]  #| D⁽¹⁾(:, 1:), D⁽¹⁾
    D2[:, 1:] += (Lambda/m)*T2[:, 1:]  #| D⁽²⁾(:, 1:), D⁽²⁾
    return J, np.r_[D1.flatten('F'), D2.flatten('F')]  #| the gradient unrolled
