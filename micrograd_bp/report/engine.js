// The small engine: from the leaves (x, y, θ) every value, every local derivative and every slope.

/** The sigmoid, accurate for any z; 1 − g(z) is g(−z). @param {number} z */
function sigmoid(z) {
  const e = Math.exp(-Math.abs(z));
  return (z >= 0 ? 1 : e) / (1 + e);
}

/** log(1 + e^z), which is −log g(−z). @param {number} z */
const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/** Work out everything again: forward in topological order, then backward. @param {Story} story */
function compute(story) {
  for (const id of story.forward) FORWARD[story.nodes[id].kind]?.(story.nodes[id]);
  for (const node of story.nodes) node.grad = node.outputs.length ? 0 : null;
  story.cost.grad = 1;
  const order = [...story.forward].reverse().map((id) => story.nodes[id]);
  for (const node of order) {
    if (node.grad === null) continue;
    for (const link of node.inputs) {
      link.share = shareOf(link, node.grad);
      link.from.grad = (link.from.grad ?? 0) + link.share;
    }
  }
}

/** What passes back: the slope above times the local derivative. @param {Link} link @param {number} grad */
function shareOf(link, grad) {
  const share = grad * link.local;
  // ∞ × 0, where an output is so sure of a wrong answer that a rounds to 0 or 1; the limit is h − y
  return Number.isNaN(share) ? link.to.value - targetOf(link.to).value : share;
}

/** The target of an output unit. @param {Part} a @returns {Part} */
function targetOf(a) {
  const term = /** @type {Part} */ (a.outputs.find((link) => link.to.kind === "term")?.to);
  return /** @type {Link} */ (term.inputs.find((link) => link.from.kind === "y")).from;
}

/** The links of a z by pairs: a weight, and the unit that it multiplies. @param {Part} z @returns {[Link, Link][]} */
function pairsOf(z) {
  const weights = z.inputs.filter((link) => link.from.kind === "theta");
  const units = z.inputs.filter((link) => link.from.kind !== "theta");
  return weights.map((weight, j) => [weight, units[j]]);
}

/** How each kind of part follows from its inputs. @type {Record<string, (node: Part) => void>} */
const FORWARD = {
  z(node) {
    node.value = 0;
    for (const [weight, unit] of pairsOf(node)) {
      weight.local = unit.from.value;
      unit.local = weight.from.value;
      node.value += weight.from.value * unit.from.value;
    }
    node.value += node.nudge;
  },
  a(node) {
    const [link] = node.inputs;
    node.value = sigmoid(link.from.value);
    link.local = node.value * sigmoid(-link.from.value);
  },
  term(node) {
    const target = /** @type {Link} */ (node.inputs.find((link) => link.from.kind === "y"));
    const output = /** @type {Link} */ (node.inputs.find((link) => link.from.kind !== "y"));
    const y = target.from.value;
    const z = output.from.kind === "z" ? output.from.value : output.from.inputs[0].from.value;
    node.value = y * softplus(-z) + (1 - y) * softplus(z);
    target.local = -z;
    // the slopes of the two logarithms: in a, 1/a and −1/(1 − a); in z, g(−z) and −g(z)
    const inside = output.from.kind === "z" ? [sigmoid(-z), sigmoid(z)] : [1 / sigmoid(z), 1 / sigmoid(-z)];
    const weights = [y, 1 - y];
    output.local = weights.reduce((sum, w, k) => sum + (w === 0 ? 0 : (k ? w : -w) * inside[k]), 0);
    output.ways.forEach((way, k) => way.factors.splice(2, 2, weights[k], inside[k]));
  },
  cost(node) {
    node.value = 0;
    for (const link of node.inputs) {
      link.local = 1;
      node.value += link.from.value;
    }
  },
};
