// What can be changed by hand (x, y, θ, and a nudge to each z): undo, rewind, link, export.

/** @typedef {{leaves: number[], nudges: number[]}} Snapshot */

const LONGEST_LINK = 2000; // changed numbers, above which the address would be refused by browsers

class State {
  /** @param {Story} story */
  constructor(story) {
    this.story = story;
    this.first = this.snapshot();
    /** @type {Snapshot[]} */ this.past = [];
  }

  /** @returns {Snapshot} */
  snapshot() {
    return { leaves: this.story.leaves.map((n) => n.value), nudges: this.story.weighted.map((n) => n.nudge) };
  }

  /** @param {Snapshot} snapshot */
  restore({ leaves, nudges }) {
    this.story.leaves.forEach((node, k) => (node.value = leaves[k]));
    this.story.weighted.forEach((node, k) => (node.nudge = nudges[k]));
    compute(this.story);
  }

  /** Remember where we are, so that what follows can be undone. */
  mark() {
    this.past.push(this.snapshot());
  }

  undo() {
    const before = this.past.pop();
    if (before) this.restore(before);
  }

  /** To the numbers that the page was written with, to the last bit. */
  rewind() {
    this.past = [];
    this.restore(this.first);
  }

  /** Set one part to a value; of a z, by a nudge added to its sum. @param {Part} node @param {number} value */
  set(node, value) {
    if (node.kind === "z") node.nudge += value - node.value;
    else node.value = node.kind === "y" ? Math.min(1, Math.max(0, value)) : value;
    compute(this.story);
  }

  changed() {
    const { leaves, nudges } = this.snapshot();
    return leaves.some((v, k) => v !== this.first.leaves[k]) || nudges.some((v) => v !== 0);
  }

  /** What differs from the page as it was written, for the address. @param {URLSearchParams} link */
  write(link) {
    const { leaves, nudges } = this.snapshot();
    leaves.forEach((value, k) => {
      if (!Object.is(value, this.first.leaves[k])) link.set(`v${k}`, String(value));
    });
    nudges.forEach((value, k) => {
      if (value !== 0) link.set(`n${k}`, String(value));
    });
    return [...link].length <= LONGEST_LINK;
  }

  /** The state that an address holds; what is not a finite number in it is passed over. @param {URLSearchParams} link */
  read(link) {
    const now = { leaves: [...this.first.leaves], nudges: this.first.nudges.map(() => 0) };
    for (const [key, text] of link) {
      const found = /^([vn])(\d+)$/.exec(key);
      const value = Number(text);
      const list = found && (found[1] === "v" ? now.leaves : now.nudges);
      if (!list || text.trim() === "" || !Number.isFinite(value) || Number(found[2]) >= list.length) continue;
      const target = found[1] === "v" && this.story.leaves[Number(found[2])].kind === "y";
      list[Number(found[2])] = target ? Math.min(1, Math.max(0, value)) : value;
    }
    this.restore(now);
  }

  /** Θ as rows of numbers, [layer][i][j], the nudges part of the bias weights or not. @param {boolean} nudged */
  thetas(nudged) {
    const { sizes } = this.story;
    const matrices = sizes.slice(1).map((rows, l) => Array.from({ length: rows }, () => Array(sizes[l] + 1).fill(0)));
    for (const node of this.story.leaves) {
      if (node.kind === "theta") matrices[node.layer - 1][node.indices[0] - 1][node.indices[1]] = node.value;
    }
    if (nudged) for (const z of this.story.weighted) matrices[z.layer - 2][z.indices[0] - 1][0] += z.nudge;
    return matrices;
  }

  /** @param {string} kind "x" or "y" */
  vector(kind) {
    return this.story.leaves.filter((node) => node.kind === kind).map((node) => node.value);
  }

  /** A script that reproduces this state: the same J, δ and ∂J/∂Θ by three lines of Python. */
  python() {
    const rows = (/** @type {number[][]} */ matrix) => `    [\n${matrix.map((row) => `        [${row.map(pythonic).join(", ")}],\n`).join("")}    ],\n`;
    const moved = this.story.weighted.filter((z) => z.nudge !== 0);
    const note = moved.map((z) => `# ${z.label} was moved by ${z.nudge} by hand: here that is part of its bias weight\n`).join("");
    return (
      `"""The state of the page: a ${this.story.sizes.join("-")} network and one example."""\n\n` +
      "from micrograd_bp import SigmoidNetwork, backprop_gradient, compare_gradients\n\n" +
      `${note}thetas = [\n${this.thetas(true).map(rows).join("")}]\n` +
      `x = [${this.vector("x").map(pythonic).join(", ")}]\ny = [${this.vector("y").map(pythonic).join(", ")}]\n\n` +
      "net = SigmoidNetwork(thetas=thetas)\n" +
      "gradient = backprop_gradient(net, [x], [y])\n" +
      'print("J =", gradient.cost)\n' +
      "for layer, delta in enumerate(gradient.deltas, start=1):\n" +
      "    if delta is not None:\n" +
      '        print(f"δ of layer {layer} =", delta[0].tolist())\n' +
      "for layer, D in enumerate(gradient.D, start=1):\n" +
      '    print(f"∂J/∂Θ of layer {layer} =", D.tolist())\n' +
      "print(compare_gradients(net, [x], [y]))\n"
    );
  }
}

/** A float as Python writes it; JavaScript's shortest digits read back to the same bits. @param {number} value */
function pythonic(value) {
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
