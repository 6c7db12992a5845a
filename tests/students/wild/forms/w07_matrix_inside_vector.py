import numpy as np

def g(z): return 1 / (1 + np.exp(-z))
def one(a): return np.c_[np.ones(len(a)), a]

def backprop(params, input_size, hidden_size, num_labels, X, y, learning_rate):
    m = X.shape[0]
    X = np.matrix(X); y = np.matrix(y)
    theta1 = np.matrix(np.reshape(params[:hidden_size * (input_size + 1)], (hidden_size, (input_size + 1))))
    theta2 = np.matrix(np.reshape(params[hidden_size * (input_size + 1):], (num_labels, (hidden_size + 1))))
    a1 = np.insert(X, 0, values=np.ones(m), axis=1); z2 = a1 * theta1.T; a2 = np.insert(g(z2), 0, values=np.ones(m), axis=1); h = g(a2 * theta2.T)
    J = 0
    for i in range(m):
        J += np.sum(np.multiply(-y[i,:], np.log(h[i,:])) - np.multiply((1 - y[i,:]), np.log(1 - h[i,:])))
    J = J / m
    J += (float(learning_rate) / (2 * m)) * (np.sum(np.power(theta1[:,1:], 2)) + np.sum(np.power(theta2[:,1:], 2)))
    delta1 = np.zeros(theta1.shape); delta2 = np.zeros(theta2.shape)
    for t in range(m):
        a1t = a1[t,:]; z2t = z2[t,:]; a2t = a2[t,:]; ht = h[t,:]; yt = y[t,:]
        d3t = ht - yt
        z2t = np.insert(z2t, 0, values=np.ones(1))
        d2t = np.multiply((theta2.T * d3t.T).T, np.multiply(g(z2t), (1 - g(z2t))))
        delta1 = delta1 + (d2t[:,1:]).T * a1t
        delta2 = delta2 + d3t.T * a2t
    delta1 = delta1 / m; delta2 = delta2 / m
    delta1[:,1:] = delta1[:,1:] + (theta1[:,1:] * learning_rate) / m
    delta2[:,1:] = delta2[:,1:] + (theta2[:,1:] * learning_rate) / m
    grad = np.concatenate((np.ravel(delta1), np.ravel(delta2)))
    return J, grad
