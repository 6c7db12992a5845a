# right for its own cost: squared error instead of the cross-entropy
# read as: a list of layers of neurons, the bias weight last
from math import exp
from random import random


def initialize_network(n_inputs, n_hidden, n_outputs):
    network = list()
    network.append([{'weights': [random() for i in range(n_inputs + 1)]} for i in range(n_hidden)])
    network.append([{'weights': [random() for i in range(n_hidden + 1)]} for i in range(n_outputs)])
    return network


def activate(weights, inputs):
    total = weights[-1]
    for i in range(len(weights) - 1):
        total += weights[i] * inputs[i]
    return total


def forward_propagate(network, row):
    inputs = row  #| X
    for layer in network:
        new_inputs = []
        for neuron in layer:
            neuron['output'] = 1.0 / (1.0 + exp(-activate(neuron['weights'], inputs)))
            new_inputs.append(neuron['output'])  #| a⁽²⁾, a⁽³⁾, h
        inputs = new_inputs  #| a⁽²⁾, a⁽³⁾, h
    return inputs  #| h


def backward_propagate_error(network, expected):
    for i in reversed(range(len(network))):
        layer = network[i]
        errors = list()
        if i != len(network) - 1:
            for j in range(len(layer)):
                error = 0.0
                for neuron in network[i + 1]:
                    error += neuron['weights'][j] * neuron['delta']
                errors.append(error)
        else:
            for j in range(len(layer)):
                errors.append(layer[j]['output'] - expected[j])  #| δ⁽⁴⁾
        for j in range(len(layer)):
            out = layer[j]['output']
            layer[j]['delta'] = errors[j] * out * (1.0 - out)


def update_weights(network, row, l_rate):
    for i in range(len(network)):
        inputs = row  #| X
        if i != 0:
            inputs = [neuron['output'] for neuron in network[i - 1]]
        for neuron in network[i]:
            for j in range(len(inputs)):
                neuron['weights'][j] -= l_rate * neuron['delta'] * inputs[j]
            neuron['weights'][-1] -= l_rate * neuron['delta']


def train_network(network, X, y, l_rate=0.3, n_epoch=1):
    for epoch in range(n_epoch):
        for row, expected in zip(X, y):
            forward_propagate(network, row)  #| h
            backward_propagate_error(network, expected)
            update_weights(network, row, l_rate)
    return network
