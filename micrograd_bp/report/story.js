// The story: parts and links as Python told them, and what each part receives and passes on.

/** @typedef {{x: number, y: number, width: number, height: number}} Box */
/** A part of the graph. `nudge` is what a hand has added to a z.
 * @typedef {{id: number, kind: string, layer: number, indices: number[], label: string, slope: string,
 *   value: number, grad: number | null, nudge: number, inputs: Link[], outputs: Link[], box?: Box}} Part */
/** From an input to what is computed of it; `share` is what passes back along it.
 * @typedef {{id: number, from: Part, to: Part, local: number, share: number, symbol: string, equation: string,
 *   ways: {via: string[], factors: number[]}[], passes?: boolean}} Link */
/** @typedef {{kind: "value", node: Part, unit: string, layer: string}} ValueStep */
/** @typedef {{kind: "pass", link: Link, unit: string, layer: string}} PassStep */
/** @typedef {{kind: "seed", unit: string, layer: string}} SeedStep */
/** @typedef {ValueStep | PassStep | SeedStep} Step */

class Story {
  /** @param {any} told */
  constructor(told) {
    /** @type {number[]} */ this.sizes = told.sizes;
    /** @type {Part[]} */ this.nodes = told.nodes;
    /** @type {Link[]} */ this.links = told.links;
    /** @type {number[]} */ this.forward = told.forward;
    /** @type {number[]} */ this.backward = told.backward;
    /** @type {string[]} */ this.features = told.features;
    /** @type {string[]} */ this.classes = told.classes;
    /** @type {{x: number[], y: number[]}[]} */ this.examples = told.examples;
    /** @type {number} */ this.example = told.example;
    /** @type {{parts: string[], weights: number[], seen: {kind: string, layer: number, indices: number[], right: number, yours: number}[]} | null} */ this.strike = told.strike;
    this.nodes.forEach((node, id) => {
      const slope = node.kind === "z" ? `δ${node.label.slice(1)}` : `∂J/∂${node.label}`;
      Object.assign(node, { id, slope, grad: null, nudge: 0, inputs: [], outputs: [] });
    });
    this.links.forEach((link, id) => {
      const ends = /** @type {any} */ (link);
      Object.assign(link, { id, local: 0, share: 0, symbol: ends.symbol ?? "", equation: ends.equation ?? "", ways: ends.ways ?? [], from: this.nodes[ends.from], to: this.nodes[ends.to] });
      link.to.inputs.push(link);
      link.from.outputs.push(link);
    });
    this.nodes.forEach((node) => node.outputs.sort((a, b) => a.to.id - b.to.id));
    for (const node of this.nodes) if (node.kind === "z") namePairs(node);
    this.backward.forEach((id) => (this.links[id].passes = true));
    this.cost = /** @type {Part} */ (this.nodes.find((node) => node.kind === "cost"));
    this.leaves = this.nodes.filter((node) => ["x", "theta", "y"].includes(node.kind));
    this.weighted = this.nodes.filter((node) => node.kind === "z");
    compute(this);
  }

  /** @param {string} kind @param {number} layer @param {number[]} indices */
  find(kind, layer, ...indices) {
    return this.nodes.find((n) => n.kind === kind && n.layer === layer && n.indices.join() === indices.join());
  }

  /** The links that pass a gradient to this part, in the order of the units they come from. @param {Part} node */
  shares(node) {
    return node.outputs.filter((link) => link.passes);
  }

  /** Everything between the cost and a part: what a change of it acts through. @param {Part} node */
  between(node) {
    const reached = new Set([node]);
    const todo = [node];
    for (let at = todo.pop(); at; at = todo.pop()) {
      for (const link of at.outputs) {
        if (!reached.has(link.to)) {
          reached.add(link.to);
          todo.push(link.to);
        }
      }
    }
    return reached;
  }

  /** @param {Part} node @param {Map<Part, number>} [known] @returns {number} */
  countWays(node, known = new Map()) {
    if (node === this.cost) return 1;
    let count = known.get(node);
    if (count === undefined) {
      count = this.shares(node).reduce((sum, link) => sum + this.countWays(link.to, known), 0);
      known.set(node, count);
    }
    return count;
  }

  /** The ways from a part to the cost, at most `limit`, each a list of links. @param {Part} node @param {number} limit */
  ways(node, limit) {
    /** @type {Link[][]} */ const found = [];
    const walk = (/** @type {Part} */ at, /** @type {Link[]} */ links) => {
      if (found.length >= limit) return;
      if (at === this.cost) found.push(links);
      else for (const link of this.shares(at)) walk(link.to, [...links, link]);
    };
    walk(node, []);
    return found;
  }

  /** A step fills in one value, or passes one share of the gradient along one link.
   * @param {Part | null} target @returns {Step[]} */
  steps(target) {
    const backward = this.backward.map((id) => this.links[id]);
    /** @type {SeedStep} */ const seed = { kind: "seed", unit: "seed", layer: "seed" };
    const pass = (/** @type {Link} */ link) => /** @type {PassStep} */ ({ kind: "pass", link, ...this.group(link) });
    if (target) {
      const within = this.between(target);
      return [seed, ...backward.filter((link) => within.has(link.from)).map(pass)];
    }
    const forward = this.forward.map((id) => {
      const node = this.nodes[id];
      return /** @type {ValueStep} */ ({ kind: "value", node, unit: `f${id}`, layer: `f${node.kind}${node.layer}` });
    });
    return [...forward, seed, ...backward.map(pass)];
  }

  /** Shares are gathered by the unit they arrive at; slopes of weights by the unit they feed. @param {Link} link */
  group(link) {
    const { kind, layer } = link.from;
    const unit = kind === "theta" ? link.to : link.from;
    const hidden = kind === "theta" || layer === this.sizes.length ? kind : "unit";
    return { unit: `b${kind}${unit.id}`, layer: `b${hidden}${layer}` };
  }

  /** Whether this is the δ of a hidden unit: equation (2). @param {Link} link */
  isEquation2(link) {
    return link.equation === "(2)";
  }
}

/** In a z each of two factors is the local derivative of the other; by (1) and (4) they pass δ back. @param {Part} z */
function namePairs(z) {
  for (const [weight, unit] of pairsOf(z)) {
    weight.symbol = unit.from.label;
    weight.equation = "(1)";
    unit.symbol = weight.from.label;
    unit.equation = unit.from.kind === "a" ? "(4)" : "";
  }
}
