// Right and wrong side by side: where the numbers of a mistake part from the right ones.

const ROUNDING = 1e-9; // relative to the layer's largest: two orders of the same sum differ by less

class Wrong {
  /** @param {Story} story @param {State} state */
  constructor(story, state) {
    this.story = story;
    this.state = state;
    /** @type {string[]} */ this.parts = [];
    this.found = false; // whether the student's own numbers are shown, as far as they are wrong
    /** @type {Run | null} */ this.run = null;
    /** @type {Run | null} */ this.right = null;
    /** @type {Record<"z" | "a" | "delta" | "shares" | "D", Vector> | null} the largest of each layer */ this.scales = null;
  }

  /** The names that fit this network and change something in it. */
  offered() {
    const [thetas, x, y] = this.given();
    const right = /** @type {Run} */ (runOf({}, thetas, x, y));
    const scales = right.D.map((D) => largest(D.flat()));
    return Object.keys(MISTAKES).filter((name) => {
      const run = runOf(MISTAKES[name], thetas, x, y);
      return run?.D.some((D, l) => D.some((row, i) => row.some((v, j) => differs(v, right.D[l][i][j], scales[l]))));
    });
  }

  /** @returns {[Matrix[], Vector, Vector]} */
  given() {
    return [this.state.thetas(true), this.state.vector("x"), this.state.vector("y")];
  }

  /** @param {string[]} parts names in the catalogue, that act together; those of no effect on one example are passed over */
  choose(parts) {
    this.parts = parts.filter((name) => MISTAKES[name]);
    this.found = false;
    this.update();
  }

  /** What was found in the student's code. */
  chooseFound() {
    this.choose(this.story.strike?.parts ?? []);
    this.found = Boolean(this.story.strike);
  }

  get steps() {
    return Object.assign({}, ...this.parts.map((name) => MISTAKES[name]));
  }

  update() {
    const [thetas, x, y] = this.given();
    this.run = this.parts.length ? runOf(this.steps, thetas, x, y) : null;
    this.right = this.run && runOf({}, thetas, x, y);
    const right = this.right;
    this.scales = right && {
      z: right.z.map(largest),
      a: right.a.map(largest),
      delta: right.delta.map(largest),
      shares: right.shares.map((shares) => largest(shares.flat())),
      D: right.D.map((D) => largest(D.flat())),
    };
  }

  /** Both numbers at a step, where they part: [right, wrong]; null where they agree or none is known.
   * @param {Step | undefined} step @returns {[number, number] | null} */
  at(step) {
    const { run, right, scales } = this;
    if (!step || step.kind === "seed") return null;
    if (!run || !right || !scales) return this.seen(step);
    if (step.kind === "value") {
      const { kind, layer, indices } = step.node;
      if (kind !== "z" && kind !== "a") return null;
      const i = indices[0] - 1;
      return parted(right[kind][layer - 1][i], run[kind][layer - 1][i], scales[kind][layer - 1]);
    }
    const { from, to } = step.link;
    const l = from.layer - 1;
    const i = from.indices[0] - 1;
    if (from.kind === "theta") {
      const j = from.indices[1];
      return parted(right.D[l][i][j], run.D[l][i][j], scales.D[l]);
    }
    if (from.kind === "term") return null;
    if (from.kind === "z") return parted(right.delta[l][i], run.delta[l][i], scales.delta[l]);
    if (to.kind !== "z") return null;
    const k = to.indices[0] - 1;
    return parted(right.shares[l][k][i], run.shares[l][k][i], scales.shares[l]);
  }

  /** What the student's own run had wrong, where no mistake of the catalogue gives it. Of other
   * numbers than those it ran on, nothing is known. @param {ValueStep | PassStep} step @returns {[number, number] | null} */
  seen(step) {
    if (!this.found || this.state.changed()) return null;
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

/** @param {number} right @param {number} wrong @param {number} scale @returns {[number, number] | null} */
const parted = (right, wrong, scale) => (differs(right, wrong, scale) ? [right, wrong] : null);

/** @param {number} a @param {number} b @param {number} scale */
const differs = (a, b, scale) => !(Math.abs(a - b) <= ROUNDING * scale);

/** @param {Vector | undefined} values */
const largest = (values) => (values ?? []).reduce((most, v) => Math.max(most, Math.abs(v)), 0);
