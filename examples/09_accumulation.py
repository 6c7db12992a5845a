"""Why gradients accumulate: a value used twice, two backward passes, and three patterns.

Look at the two sums: the first is the chain rule itself, the second is a habit of programs that
one has to know about. (To be read after 02_node_by_node.py.)

Run: python 09_accumulation.py [PICTURE.svg]
"""

import math
import sys

from micrograd_bp import Value, draw
from micrograd_bp.drawing.dot import render

PICTURE = sys.argv[1] if len(sys.argv) > 1 else "09_accumulation.svg"


def f(a: float) -> float:
    """The same as an ordinary function: a is used three times."""
    return a * a + math.sin(a)


def slope(function, x: float, epsilon: float = 1e-5) -> float:
    """(f(x+ε) − f(x−ε)) / 2ε: it knows nothing of graphs."""
    return (function(x + epsilon) - function(x - epsilon)) / (2 * epsilon)


# 1. Used twice, it gets a sum.
a = Value(1.5, label="a")
square, sine = a * a, a.sin()
y = square + sine
square.label, sine.label, y.label = "a·a", "sin a", "y"
y.backward()
shares = [a.data, a.data, math.cos(a.data)]
print("y = a·a + sin a at a = 1.5. The node a has three arrows to the rest of the graph, and each")
print("brings back what y loses or gains through it:\n")
for path, share in zip(("first factor", "second factor", "sine"), shares, strict=True):
    print(f"  through the {path:13} {share:+.6f}")
print(f"  their sum                 {sum(shares):+.6f}   (backward found {a.grad:+.6f})")
print(f"  moving a itself           {slope(f, a.data):+.6f}")
print("\nThat is why backward() writes `grad += …`. With `grad = …` the last path would win:")
print(f"  only the last one         {shares[-1]:+.6f}, wrong by {1 - shares[-1] / sum(shares):.0%}")

# 2. Two passes add up too, whether one wants it or not.
once = a.grad
y.backward()
twice = a.grad
y.zero_grad()
y.backward()
print("\nA second y.backward() without zero_grad() adds the whole gradient again:\n")
print(f"  one pass {once:+.6f}, two passes {twice:+.6f}, zero_grad() and one pass {a.grad:+.6f}")
print("For two costs that share a weight, or for the examples of a batch, this is what one wants:")
w = Value(0.4, label="w")
costs = [(w * x - t) ** 2 for x, t in ((1.0, 0.5), (2.0, 0.1), (-1.0, 0.3))]
for cost in costs:
    cost.backward()
batch = w.grad
w.zero_grad()
Value.sum(costs).backward()
print(f"  three costs, a pass each  {batch:+.6f}")
print(f"  one pass from their sum   {w.grad:+.6f}")

# 3. What an operation does with the gradient that reaches it.
patterns = {}
for name, build in (
    ("a sum distributes it", lambda u, v: u + v),
    ("a product swaps the factors", lambda u, v: u * v),
    ("a maximum routes it", lambda u, v: v + (u - v).relu()),
):
    u, v = Value(3.0), Value(-2.0)
    node = build(u, v)
    (node * 10.0).backward()  # 10 is what reaches the node
    patterns[name] = (u.grad, v.grad)
print("\nThree patterns. Of a gradient of 10 that reaches the node, u = 3 and v = −2 get:\n")
for name, (to_u, to_v) in patterns.items():
    print(f"  {name:28} {to_u:+6.1f} {to_v:+6.1f}")

# 4. Is this unit listening?
print(
    "\nA sigmoid multiplies what reaches it by g'(z), at most 1/4. Far from 0 it lets nothing pass:"
)
print("\n      z        g(z)       g'(z)   is this unit listening?")
listening = {}
for z in (0.0, 2.0, 5.0, 10.0):
    unit = Value(z)
    h = unit.sigmoid()
    h.backward()
    listening[z] = unit.grad
    word = "yes" if unit.grad > 0.1 else "a little" if unit.grad > 0.005 else "no: saturated"
    print(f"  {z:5.1f}  {h.data:10.6f}  {unit.grad:10.6f}   {word}")

print("""
Exercises, each judged by the package (wrong answers say where, right ones say so):
  1. Predict ∂y/∂a for y = a·b + b·a + a at a = 2, b = −3 on paper, then build it from Values:
       check_expression(y)  shows every derivative beside one that knows no chain rule.
  2. In a backpropagation of your own (thetas, X, Y, lambda_), sum over the examples with
     `D = …` where `D += …` belongs, and let it be found:
       micrograd-bp grade mine.py""")

render(draw(y, path=(a, y)), PICTURE)
print(f"\nConclusion: {len(shares)} paths, one sum: {a.grad:+.6f}; picture: {PICTURE}")
