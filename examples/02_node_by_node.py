"""A 2-2-1 network built node by node, then differentiated node by node.

Look at the order: values fill in from x to J, gradients from J back to x.

Run: python 02_node_by_node.py [PICTURE.svg]
"""

import sys

import numpy as np

from micrograd_bp import SigmoidNetwork, Value, backprop_gradient, draw, example_graph
from micrograd_bp.drawing.dot import render

PICTURE = sys.argv[1] if len(sys.argv) > 1 else "02_node_by_node.svg"
THETA_1 = [[0.1, 0.8, -0.5], [-0.3, 0.4, 0.9]]  # column 0 multiplies the bias unit
THETA_2 = [[0.2, -1.1, 0.7]]
X, Y = [0.5, 2.0], 1.0

# By hand: a unit is a weighted sum and a sigmoid, and a layer is a list of units.
weights = [[[Value(w) for w in row] for row in matrix] for matrix in (THETA_1, THETA_2)]
units = [Value(v) for v in X]
for matrix in weights:
    bias_and_units = [Value(1.0), *units]
    units = [
        Value.sum(w * a for w, a in zip(row, bias_and_units, strict=True)).sigmoid()
        for row in matrix
    ]
h = units[0]
cost = -(Y * h.log() + (1 - Y) * (1 - h).log())  # equation (3)
cost.backward()

# The package builds the same graph and names every node as the textbook does.
net = SigmoidNetwork(thetas=[THETA_1, THETA_2])
graph = example_graph(net, X, Y)
graph.cost.backward()

order = [node for node in graph.cost.topological_order() if node.inputs]
print(f"The graph has {len(order)} operations. Forward, in the order in which they can be done:\n")
for node in order:
    if node.op.symbol in ("Σ", "sigmoid") or node is graph.cost:
        print(f"  {node.label:8} = {node.data:+.6f}")
print("\nBackward, the same list from its end (∂J/∂z of a unit is its δ):\n")
for node in reversed(order):
    if node.op.symbol in ("Σ", "sigmoid") or node is graph.cost:
        print(f"  ∂J/∂{node.label:8} = {node.grad:+.6f}")
print("\nWhat training wants, the gradient of every weight:\n")
for matrix in graph.thetas:
    for row in matrix:
        print("  " + "   ".join(f"∂J/∂{w.label} = {w.grad:+.6f}" for w in row))

by_hand = np.array([w.grad for matrix in weights for row in matrix for w in row])
named = np.array([w.grad for matrix in graph.thetas for row in matrix for w in row])
matrices = np.concatenate([D.ravel() for D in backprop_gradient(net, [X], [Y]).D])
print("\nThree ways to the same numbers:\n")
print(f"  built by hand     J = {cost.data:.12f}")
print(f"  by example_graph  J = {graph.cost.data:.12f}, "
      f"gradients differ by at most {np.max(np.abs(named - by_hand)):.0e}")  # fmt: skip
print(f"  by matrices       J = {net.cost([X], [Y]):.12f}, "
      f"gradients differ by at most {np.max(np.abs(matrices - by_hand)):.0e}")  # fmt: skip

before = graph.thetas[0][0][1].grad
graph.cost.zero_grad()
graph.cost.backward()
again = graph.thetas[0][0][1].grad
graph.cost.backward()
twice = graph.thetas[0][0][1].grad
print("\nLeaves add up what each backward pass brings, until zero_grad() clears them:")
print(
    f"  one pass {before:+.6f}, zero_grad and again {again:+.6f}, once more without it {twice:+.6f}"
)
graph.cost.zero_grad()
graph.cost.backward()

render(draw(graph, view="scalar"), PICTURE)
print("""
Exercises, each judged by the package:
  1. Give the network above a second hidden layer of two units, built by hand, and check that
     backward() still finds every slope:  print(check_expression(cost))
  2. Replace the cost by the squared error (h − y)² / 2 and predict ∂J/∂z of the output unit
     (it is no longer h − y) before you look:  print(check_expression(cost, wrt=leaves))""")
print(
    f"\nConclusion: {len(order)} operations forward and back give J and {named.size} slopes; "
    f"picture: {PICTURE}"
)
