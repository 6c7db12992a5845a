# right
# read as: Θ matrix by matrix, W and b apart, one example as (n,), y of one example as (K,)
import math


def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


def gradients(W1, b1, W2, b2, x, y):
    """Gradients of one example; every matrix is a list of rows, one for each unit."""
    hidden = []
    for j in range(len(W1)):
        s = b1[j]
        for i in range(len(x)):
            s += W1[j][i] * x[i]
        hidden.append(sigmoid(s))  #| a⁽²⁾
    output = []
    for k in range(len(W2)):
        s = b2[k]
        for j in range(len(hidden)):
            s += W2[k][j] * hidden[j]
        output.append(sigmoid(s))  #| h

    delta_o = [output[k] - y[k] for k in range(len(output))]
    delta_h = []
    for j in range(len(hidden)):
        error = 0.0
        for k in range(len(output)):
            error += delta_o[k] * W2[k][j]
        delta_h.append(error * hidden[j] * (1 - hidden[j]))  #| δ⁽²⁾

    dW2 = [[delta_o[k] * hidden[j] for j in range(len(hidden))] for k in range(len(output))]
    dW1 = [[delta_h[j] * x[i] for i in range(len(x))] for j in range(len(hidden))]
    return dW1, delta_h, dW2, delta_o  #| Δ⁽¹⁾(:, 1:), δ⁽²⁾, Δ⁽²⁾(:, 1:), δ⁽³⁾
