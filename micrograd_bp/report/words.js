// What a step means, in words and numbers.

/** @typedef {{kind: string, rule: string, why: string}} Caption */

class Words {
  /** @param {Story} story */
  constructor(story) {
    this.story = story;
    this.last = story.sizes.length;
  }

  /** @param {Part} node @returns {Caption} */
  value(node) {
    const { inputs, label, value } = node;
    if (node.kind === "z") return this.weightedInput(node);
    if (node.kind === "a") {
      const [z] = inputs;
      return {
        kind: "activation",
        rule: `${label} = g(${z.from.label}) = 1 / (1 + e^−${z.from.label}) = g(${written(z.from.value)}) = ${written(value)}`,
        why: "The sigmoid g squashes any number into the range from 0 to 1.",
      };
    }
    if (node.kind === "term") {
      const y = /** @type {Link} */ (inputs.find((link) => link.from.kind === "y")).from;
      const h = /** @type {Link} */ (inputs.find((link) => link.from !== y)).from;
      const logs = h.kind === "a" ? [`log ${h.label}`, `log(1 − ${h.label})`] : [`log g(${h.label})`, `log g(−${h.label})`];
      return {
        kind: "cost of one output, equation (3)",
        rule:
          `${label} = −${y.label} ${logs[0]} − (1 − ${y.label}) ${logs[1]}\n` +
          `= −${written(y.value)} × ${logarithm(h, false)} − ${written(1 - y.value)} × ${logarithm(h, true)} = ${written(value)}`,
        why: "Small where the output is near its target y, large where it is confidently wrong.",
      };
    }
    return {
      kind: "cost of the example, equation (3)",
      rule: `${label} = ${sumOf(inputs.map((link) => link.from.label))}\n= ${sumOf(inputs.map((link) => factor(link.from.value)))}\n= ${written(value)}`,
      why: "Forward is done. From here the question is: which way does J move if a weight does?",
    };
  }

  /** @param {Part} node @returns {Caption} */
  weightedInput(node) {
    const pairs = pairsOf(node);
    const moved = node.nudge === 0 ? ["", ""] : [" + moved by hand", ` + ${factor(node.nudge)}`];
    return {
      kind: "weighted input",
      rule:
        `${node.label} = ${sumOf(pairs.map(([w, unit]) => `${w.from.label} ${unit.from.label}`))}${moved[0]}\n` +
        `= ${sumOf(pairs.map(([w, unit]) => `${factor(w.from.value)} × ${factor(unit.from.value)}`))}${moved[1]}\n= ${written(node.value)}`,
      why: `Each input counts as much as its weight says; ${pairs[0][0].from.label} belongs to the bias unit, which is always 1.`,
    };
  }

  /** All steps of one layer at once, as the matrix formula that a program has for them. @param {Step} step */
  matrices(step) {
    if (step.kind === "seed") return "";
    const of = (/** @type {string} */ letter, /** @type {number} */ layer) => `${letter}⁽${raised(layer)}⁾`;
    const { kind, layer } = step.kind === "value" ? step.node : step.link.from;
    if (step.kind === "value") {
      if (kind === "z") return `${of("z", layer)} = ${of("Θ", layer - 1)} [1; ${of("a", layer - 1)}]`;
      return kind === "a" ? `${of("a", layer)} = g(${of("z", layer)})` : "";
    }
    if (kind === "theta") return `∂J/∂${of("Θ", layer)} = ${of("δ", layer + 1)} (${of("a", layer)})ᵀ`;
    if (kind === "z" && layer === this.last) return `${of("δ", layer)} = ${of("a", layer)} − y`;
    const back = `(${of("Θ", layer)})ᵀ ${of("δ", layer + 1)}`;
    if (kind === "z") return `${of("δ", layer)} = ${back} .* ${of("a", layer)} .* (1 − ${of("a", layer)})`;
    return kind === "a" && layer < this.last ? `∂J/∂${of("a", layer)} = ${back}` : "";
  }

  /** @returns {Caption} */
  seed() {
    return {
      kind: "the start of the way back",
      rule: `∂${this.story.cost.label}/∂${this.story.cost.label} = 1`,
      why: "If J changes by a little, J changes by just that. Every other slope is this 1 times local derivatives.",
    };
  }

  /** One share of a gradient along one link, with the sum so far.
   * @param {Link} link @param {number} soFar @param {number} received @returns {Caption} */
  pass(link, soFar, received) {
    const { from, to } = link;
    const expected = this.story.shares(from).length;
    const sign = expected > 1 ? "+=" : "=";
    let rule =
      `${from.slope} ${sign} ${to.slope} × ${link.symbol}\n` +
      `${sign} ${factor(to.grad ?? 0)} × ${factor(link.local)} = ${written(link.share)}`;
    if (expected > 1) {
      rule += `\n${received} of ${expected} shares: ${from.slope} ${received < expected ? "so far" : ""} = ${written(soFar)}`;
    }
    return { kind: `equation ${link.equation}`, rule, why: this.why(link, expected, received) };
  }

  /** @param {Link} link @param {number} expected @param {number} [received] */
  why(link, expected, received = expected) {
    const { from, to } = link;
    switch (`${from.kind} ${to.kind}`) {
      case "term cost":
        return `${to.label} is a plain sum, so each part counts once.`;
      case "a term":
        return `The slope of the logarithms in (3): ${this.logarithms(from, to)}.`;
      case "z term":
        return `Both logarithms together: ${from.slope} is the output minus its target.`;
      case "z a": {
        const slope = `g′(${from.label}) = ${link.symbol} = ${written(to.value)} × ${written(1 - to.value)} = ${written(link.local)}`;
        if (this.story.isEquation2(link)) return `${slope}. The sum over k is complete, and times g′ it is the error of this unit.`;
        const y = targetOf(to);
        return `${slope}. All of it shortens to h − y: ${to.label} − ${y.label} = ${written(to.value)} − ${written(y.value)} = ${written(from.grad ?? 0)}.`;
      }
      case "a z": {
        if (expected === 1) return `${from.label} feeds one unit of layer ${to.layer}, so the sum over k has one term.`;
        const used = received === 1 ? `${from.label} is used ${expected} times, so += and not =: what each use passes back is added. ` : "";
        return `${used}${from.label} feeds ${expected} units of layer ${to.layer}. Each of them sends back its own error times the weight between; the sum of what arrives is the Σ over k in (2) and (4).`;
      }
      case "theta z":
        return `What came in through the weight, times the error of the unit it feeds.`;
      default:
        return "";
    }
  }

  /** ∂J_k/∂a = −y/a + (1 − y)/(1 − a), with its numbers. @param {Part} a @param {Part} term */
  logarithms(a, term) {
    const y = targetOf(a);
    const numbers = [y.value, a.value, 1 - y.value, 1 - a.value].map((v) => written(v));
    return (
      `∂${term.label}/∂${a.label} = −${y.label}/${a.label} + (1 − ${y.label})/(1 − ${a.label}) = ` +
      `−${numbers[0]}/${numbers[1]} + ${numbers[2]}/${numbers[3]} = ${written(a.outputs.find((l) => l.to === term)?.local ?? 0)}`
    );
  }

  /** Equation (2) whole: the formula, then the numbers. @param {Link} link its last step, from a to z */
  equation2(link) {
    const shares = this.story.shares(link.to);
    const sum = (/** @type {(share: Link) => string} */ text) => `(${sumOf(shares.map(text), 5)})`;
    return [
      `${link.from.slope} = ${sum((s) => `${s.to.slope} ${s.symbol}`)} · g′(${link.from.label})`,
      `= ${sum((s) => `${factor(s.to.grad ?? 0)} × ${factor(s.local)}`)} · ${written(link.local)}`,
      `= ${sum((s) => factor(s.share))} · ${written(link.local)}`,
      `= ${written(link.to.grad ?? 0)} · ${written(link.local)} = ${written(link.from.grad ?? 0)}`,
    ];
  }
}

/** log h or log(1 − h) in numbers, written in z where h is that large. @param {Part} h @param {boolean} other */
function logarithm(h, other) {
  if (h.kind === "z") return `log g(${written(other ? -h.value : h.value)})`;
  return `log ${written(other ? 1 - h.value : h.value)}`;
}
