// The mistakes of the catalogue that one example without regularization can show, as replaced steps.
// Each is the entry of the same name in grading/catalogue.py, for one example; l counts layers from 0.

/** @typedef {number[]} Vector @typedef {number[][]} Matrix */
/** @typedef {typeof RIGHT} Procedure */

const dot = (/** @type {Vector} */ a, /** @type {Vector} */ b) => a.reduce((sum, v, k) => sum + v * b[k], 0);
const withBias = (/** @type {Vector} */ a) => [1, ...a];
const noBias = (/** @type {Vector} */ a) => [0, ...a];
const biasLast = (/** @type {Vector} */ a) => [...a, 1];
/** Σ_k δ_k θ_ki, over the columns from `first` on. */
const back = (/** @type {Matrix} */ Theta, /** @type {Vector} */ delta, first = 1, end = Theta[0].length) =>
  Theta[0].slice(first, end).map((_, i) => dot(delta, Theta.map((row) => row[first + i])));
const fromMatrix = (/** @type {Matrix} */ M, /** @type {boolean} */ columnsFirst) => {
  // The numbers of M in one order, filled in again in the other.
  const [rows, columns] = [M.length, M[0].length];
  const flat = columnsFirst ? M[0].flatMap((_, j) => M.map((row) => row[j])) : M.flat();
  return M.map((row, i) => row.map((_, j) => flat[columnsFirst ? i * columns + j : j * rows + i]));
};
const only = (/** @type {Vector} */ v, /** @type {number} */ k) => v.map((value, i) => (i === k ? value : 0));
const turned = (/** @type {Vector} */ y, /** @type {number} */ by) => y.map((_, k) => y[(k - by + y.length) % y.length]);

const RIGHT = {
  read: (/** @type {Matrix[]} */ thetas) => thetas,
  targets: (/** @type {Vector} */ y) => y,
  bias: withBias,
  hidden: (/** @type {Vector} */ z) => z.map(sigmoid),
  output: (/** @type {Vector} */ z) => z.map(sigmoid),
  outputDelta: (/** @type {number} */ h, /** @type {number} */ y) => h - y,
  propagate: (/** @type {Matrix[]} */ thetas, /** @type {number} */ l, /** @type {Vector} */ delta) => back(thetas[l], delta),
  slope: /** @type {(a: number, z: number, next: number) => number} */ ((a) => a * (1 - a)),
  inputs: (/** @type {Matrix} */ z, /** @type {Matrix} */ a, /** @type {number} */ l) => withBias(a[l]),
  finish: (/** @type {Matrix} */ D, /** @type {number} */ K) => D,
  arrange: (/** @type {Matrix[]} */ D) => D,
};

/** @type {Record<string, Partial<Procedure>>} */
const MISTAKES = {
  "g' missing in δ": { slope: () => 1 },
  "g' evaluated at a instead of z": { slope: (a) => sigmoid(a) * (1 - sigmoid(a)) },
  "g' taken as z(1 − z)": { slope: (a, z) => z * (1 - z) },
  "g' taken as a, the factor 1 − a missing": { slope: (a) => a },
  "g' taken as 1 − a, the factor a missing": { slope: (a) => 1 - a },
  "g' of tanh instead of the sigmoid's": { slope: (a) => 1 - a * a },
  "g' of the next layer": { slope: (a, z, next) => next * (1 - next) },
  "output δ times g' (the squared-error form)": { outputDelta: (h, y) => (h - y) * h * (1 - h) },
  "sign of h − y": { outputDelta: (h, y) => y - h },
  "predicted classes used instead of h in δ": { outputDelta: (h, y) => (h >= 0.5 ? 1 : 0) - y },
  "bias column kept in Θᵀδ": { propagate: (T, l, delta) => back(T[l], delta, 0, T[l][0].length - 1) },
  "Θ transposed in Θᵀδ": { propagate: (T, l, delta) => T[l].map((row) => dot(row.slice(1), delta)) },
  "Θ of the wrong layer in Θᵀδ": { propagate: (T, l, delta) => back(T[l - 1], delta) },
  "Θ of the next layer in Θᵀδ": { propagate: (T, l, delta) => back(T[Math.min(l + 1, T.length - 1)], delta) },
  "one path of several lost (= where += belongs)": { propagate: (T, l, delta) => back(T[l], only(delta, delta.length - 1)) },
  "one path of several lost (only the first counted)": { propagate: (T, l, delta) => back(T[l], only(delta, 0)) },
  "δ not passed through the hidden layers": { propagate: (T, l, delta) => back(T[l], delta.map(() => 0)) },
  "gradient of the hidden layers left at 0": {
    arrange: (D) => D.map((d, l) => (l < D.length - 1 ? d.map((row) => row.map(() => 0)) : d)),
  },
  "z used where a belongs in δaᵀ": { inputs: (z, a, l) => withBias(z[l]) },
  "a of the wrong layer in δaᵀ": { inputs: (z, a, l) => withBias(a[l + 1]) },
  "bias unit missing in δaᵀ (0 instead of 1)": { inputs: (z, a, l) => noBias(a[l]) },
  "bias unit missing in the forward pass (0 instead of 1)": { bias: noBias },
  "bias unit missing throughout (0 instead of 1)": { bias: noBias, inputs: (z, a, l) => noBias(a[l]) },
  "bias unit put last instead of first": {
    bias: biasLast,
    propagate: (T, l, delta) => back(T[l], delta, 0, T[l][0].length - 1),
    inputs: (z, a, l) => biasLast(a[l]),
  },
  "softmax instead of sigmoid outputs": {
    output: (z) => {
      if (z.length === 1) throw new RangeError("softmax of one output is always 1");
      const e = z.map((v) => Math.exp(v - Math.max(...z)));
      return e.map((v) => v / e.reduce((a, b) => a + b));
    },
  },
  "no sigmoid at the output layer": { output: (z) => z },
  "tanh instead of sigmoid hidden units": { hidden: (z) => z.map(Math.tanh), slope: (a) => 1 - a * a },
  "relu instead of sigmoid hidden units": { hidden: (z) => z.map((v) => Math.max(v, 0)), slope: (a, z) => (z > 0 ? 1 : 0) },
  "labels shifted up by one class": { targets: (y) => shifted(y, 1, true) },
  "labels shifted down by one class": { targets: (y) => shifted(y, -1, true) },
  "labels shifted up by one class, the last lost": { targets: (y) => shifted(y, 1, false) },
  "labels shifted down by one class, the first lost": { targets: (y) => shifted(y, -1, false) },
  "averaged over the outputs too": { finish: (D, K) => D.map((row) => row.map((v) => v / K)) },
  "every example accumulated twice": { finish: (D) => D.map((row) => row.map((v) => 2 * v)) },
  "ascent instead of descent sign overall": { finish: (D) => D.map((row) => row.map((v) => -v)) },
  "whole gradient counted twice": { finish: (D) => D.map((row) => row.map((v) => 2 * v)) },
  "gradient transposed": { finish: (D) => D[0].map((_, j) => D.map((row) => row[j])) },
  "row-major instead of column-major unrolling": { finish: (D) => fromMatrix(D, false) },
  "θ read row by row": { read: (thetas) => thetas.map((M) => fromMatrix(M, true)) },
  "rows first in both directions": {
    read: (thetas) => thetas.map((M) => fromMatrix(M, true)),
    finish: (D) => fromMatrix(D, false),
  },
  "layers unrolled in the wrong order": { arrange: (D) => [...D].reverse() },
};

/** @param {Vector} y @param {number} by @param {boolean} around */
function shifted(y, by, around) {
  if (y.length === 1) throw new RangeError("one output has no other class");
  if (y.length === 2 && around && by < 0) throw new RangeError("of two classes, up and down are the same");
  const moved = turned(y, by);
  if (!around) moved[by > 0 ? 0 : y.length - 1] = 0;
  return moved;
}

/** What a run computes: z and a of every layer (z[0] is x), δ and the sums Θᵀδ by layer, the shares, D.
 * @typedef {{z: Matrix, a: Matrix, delta: Matrix, sums: Matrix, shares: Matrix[], D: Matrix[]}} Run */

/** Backpropagation of one example by these steps; null where they do not fit the shapes.
 * @param {Partial<Procedure>} replaced @param {Matrix[]} thetas @param {Vector} x @param {Vector} y @returns {Run | null} */
function runOf(replaced, thetas, x, y) {
  const steps = { ...RIGHT, ...replaced };
  try {
    const weights = steps.read(thetas);
    const [z, a] = [[x], [x]];
    weights.forEach((Theta, l) => {
      z.push(Theta.map((row) => dot(row, steps.bias(a[l]))));
      a.push((l + 1 === weights.length ? steps.output : steps.hidden)(z[l + 1]));
    });
    const run = backward(steps, weights, z, a, y);
    return run.D.every((D, l) => D.length === thetas[l].length && D.every((row) => row.length === thetas[l][0].length && row.every(Number.isFinite)))
      ? run
      : null;
  } catch {
    return null;
  }
}

/** @param {Procedure} steps @param {Matrix[]} weights @param {Matrix} z @param {Matrix} a @param {Vector} y @returns {Run} */
function backward(steps, weights, z, a, y) {
  /** @type {Run} */ const run = { z, a, delta: [], sums: [], shares: [], D: [] };
  const targets = steps.targets(y);
  let delta = a[weights.length].map((h, k) => steps.outputDelta(h, targets[k]));
  for (let l = weights.length - 1; l >= 0; l -= 1) {
    run.delta[l + 1] = delta;
    const inputs = steps.inputs(z, a, l);
    if (delta.length !== a[l + 1].length || inputs.length !== weights[l][0].length) throw new RangeError("the steps do not fit");
    run.D[l] = steps.finish(delta.map((d) => inputs.map((v) => d * v)), y.length);
    if (l === 0) break;
    const above = delta;
    run.sums[l] = steps.propagate(weights, l, above);
    run.shares[l] = above.map((_, k) => steps.propagate(weights, l, only(above, k))); // it is linear
    const next = a[l + 1].length === 1 ? a[l].map(() => a[l + 1][0]) : a[l + 1]; // as NumPy stretches one column
    if (steps.slope.length === 3 && next.length !== a[l].length) throw new RangeError("the steps do not fit");
    delta = run.sums[l].map((sum, i) => sum * steps.slope(a[l][i], z[l][i], next[i]));
  }
  run.D = steps.arrange(run.D);
  return run;
}
