// Right and wrong side by side: where the numbers of a mistake part from the right ones.

const ROUNDING = 1e-9; // relative to the layer's largest: two orders of the same sum differ by less

class Wrong {
  /** @param {Story} story @param {State} state */
  constructor(story, state) {
    this.story = story;
    this.state = state;
    /** @type {string[]} */ this.parts = [];
    /** @type {number[] | null} */ this.layers = null; // of a diagnosis: only there the gradient is wrong
    /** @type {Run | null} */ this.run = null;
    /** @type {Run | null} */ this.right = null;
  }

  /** The names that fit this network and change something in it. */
  offered() {
    const [thetas, x, y] = this.given();
    const right = runOf({}, thetas, x, y);
    return Object.keys(MISTAKES).filter((name) => {
      const run = runOf(MISTAKES[name], thetas, x, y);
      return run && right && run.D.some((D, l) => D.some((row, i) => row.some((v, j) => differs(v, right.D[l][i][j], right.D[l].flat()))));
    });
  }

  /** @returns {[Matrix[], Vector, Vector]} */
  given() {
    return [this.state.thetas(true), this.state.vector("x"), this.state.vector("y")];
  }

  /** @param {string[]} parts names in the catalogue, that act together @param {number[] | null} [layers] */
  choose(parts, layers = null) {
    this.parts = parts.filter((name) => MISTAKES[name]);
    this.layers = layers;
    this.update();
  }

  get steps() {
    return Object.assign({}, ...this.parts.map((name) => MISTAKES[name]));
  }

  update() {
    const [thetas, x, y] = this.given();
    this.run = this.parts.length ? runOf(this.steps, thetas, x, y) : null;
    this.right = this.run && runOf({}, thetas, x, y);
  }

  /** Whether a diagnosis found this layer's gradient right. @param {number} layer of the Θ */
  excused(layer) {
    return this.layers !== null && !this.layers.includes(layer);
  }

  /** Both numbers at a step, where they part: [right, wrong]; null where they agree or none is known.
   * @param {Step | undefined} step @returns {[number, number] | null} */
  at(step) {
    const { run, right } = this;
    if (!step || step.kind === "seed") return null;
    if (!run || !right) return this.seen(step);
    if (step.kind === "value") {
      const { kind, layer, indices } = step.node;
      if (kind !== "z" && kind !== "a") return null;
      return parted(right[kind][layer - 1], run[kind][layer - 1], indices[0] - 1);
    }
    const { from, to } = step.link;
    const l = from.layer - 1;
    const i = from.indices[0] - 1;
    if (from.kind === "theta") {
      const j = from.indices[1];
      return this.excused(from.layer) ? null : parted(right.D[l].flat(), run.D[l].flat(), i * right.D[l][0].length + j);
    }
    if (this.excused(l) || from.kind === "term") return null;
    if (from.kind === "z") return parted(right.delta[l], run.delta[l], i);
    if (to.kind !== "z") return null;
    const k = to.indices[0] - 1;
    return parted(right.shares[l].flat(), run.shares[l].flat(), k * right.sums[l].length + i);
  }

  /** What the student's own run had wrong, where no mistake of the catalogue gives it.
   * @param {ValueStep | PassStep} step @returns {[number, number] | null} */
  seen(step) {
    if (byId("mistake").value !== "found") return null;
    const node = step.kind === "value" ? step.node : step.link.from;
    const kind = step.kind === "pass" && node.kind === "z" ? "delta" : step.kind === "pass" && node.kind === "a" ? "" : node.kind;
    const found = this.story.strike?.seen.find((s) => s.kind === kind && s.layer === node.layer && s.indices.join() === node.indices.join());
    return found ? [found.right, found.yours] : null;
  }

  /** What parted at a step, in words. @param {Step | undefined} step @param {string} whose */
  words(step, whose) {
    const both = this.at(step);
    return both ? `right: ${written(both[0])} | ${whose}: ${written(both[1])}` : "";
  }

  /** J by the right formulas, at other weights. @param {Matrix[]} thetas */
  costAt(thetas) {
    const [, x, y] = this.given();
    const right = /** @type {Run} */ (runOf({}, thetas, x, y));
    return right.z[thetas.length].reduce((sum, z, k) => sum + y[k] * softplus(-z) + (1 - y[k]) * softplus(z), 0);
  }

  /** One step downhill by the mistaken gradient. @param {Matrix[]} thetas @param {number} rate */
  stepped(thetas, rate) {
    const [, x, y] = this.given();
    const run = runOf(this.steps, thetas, x, y);
    return run ? thetas.map((T, l) => T.map((row, i) => row.map((v, j) => v - rate * run.D[l][i][j]))) : thetas;
  }
}

/** @param {Vector} right @param {Vector} wrong @param {number} at @returns {[number, number] | null} */
const parted = (right, wrong, at) => (differs(right[at], wrong[at], right) ? [right[at], wrong[at]] : null);

/** @param {number} a @param {number} b @param {Vector} scale */
function differs(a, b, scale) {
  return !(Math.abs(a - b) <= ROUNDING * Math.max(...scale.map(Math.abs)));
}
