# right
# read as: weights set in p.W1, p.W2, W and b apart, examples in columns, Y with examples in columns
import numpy as np

class Net:
    def __init__(self, n_x, n_h, n_y):
        self.p = dict(W1=np.random.randn(n_h, n_x)*0.01, b1=np.zeros((n_h, 1)),
                      W2=np.random.randn(n_y, n_h)*0.01, b2=np.zeros((n_y, 1)))

    def sigmoid(self, z):
        return 1/(1+np.exp(-z))  #| a⁽²⁾, h

    def forward(self, X):
        self.A1 = self.sigmoid(self.p['W1'] @ X + self.p['b1'])  #| a⁽²⁾
        self.A2 = self.sigmoid(self.p['W2'] @ self.A1 + self.p['b2'])  #| h
        return self.A2  #| h

    def backward(self, X, Y, learning_rate=1.2):
        m = X.shape[1]
        dZ2 = self.A2 - Y  #| δ⁽³⁾
        dZ1 = (self.p['W2'].T @ dZ2) * (self.A1 - self.A1**2)  #| δ⁽²⁾
        self.p['W2'] = self.p['W2'] - learning_rate * dZ2 @ self.A1.T / m  #| Θ⁽²⁾ already changed
        self.p['b2'] = self.p['b2'] - learning_rate * dZ2.mean(axis=1, keepdims=True)  #| Θ⁽²⁾ already changed
        self.p['W1'] = self.p['W1'] - learning_rate * dZ1 @ X.T / m  #| Θ⁽¹⁾ already changed
        self.p['b1'] = self.p['b1'] - learning_rate * dZ1.mean(axis=1, keepdims=True)  #| Θ⁽¹⁾ already changed
