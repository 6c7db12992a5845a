// The whole chain rule at one part: paragraphs and tables.

class Explanation {
  /** @param {Story} story @param {Words} words */
  constructor(story, words) {
    this.story = story;
    this.words = words;
    /** @type {HTMLElement[]} */ this.parts = [];
  }

  /** @param {string} text */
  line(text) {
    this.parts.push(element("p", { class: "formula" }, text));
  }

  /** @param {string} words */
  text(words) {
    this.parts.push(element("p", {}, words));
  }

  /** @param {Part} node @returns {HTMLElement[]} */
  of(node) {
    this.parts = [element("h3", {}, `${node.label} = ${written(node.value)}`)];
    if (node.inputs.length) this.line(this.words.value(node).rule);
    const shares = this.story.shares(node);
    if (node.kind === "cost") this.text("Every slope on this page says how fast this number changes.");
    else if (node.kind === "y") this.text("The target: given with the example. The cost compares the output with it.");
    else if (!shares.length) {
      this.text(
        node.grad === null
          ? "The cost is written with z itself here, so no slope passes through this node."
          : "This is given, not trained: nobody needs the slope of J in it. It enters equation (1) as the factor of the weights it meets.",
      );
    } else if (node.kind === "z" && shares[0].to.kind === "a") this.delta(node, shares[0]);
    else this.shares(node, shares);
    if (node.kind === "theta") this.ways(node);
    return this.parts;
  }

  /** @param {Part} node @param {Link[]} shares */
  shares(node, shares) {
    if (shares.length === 1) {
      const [link] = shares;
      this.line(this.words.pass(link, node.grad ?? 0, 1).rule);
      this.text(`Equation ${link.equation}. ${this.words.why(link, 1)}`);
      if (link.ways.length) this.inside(link);
      return;
    }
    this.line(
      `${node.slope} = ${sumOf(shares.map((link) => `${link.to.slope} ${link.symbol}`))}\n` +
        `= ${sumOf(shares.map((link) => `${factor(link.to.grad ?? 0)} × ${factor(link.local)}`))}\n= ${written(node.grad ?? 0)}`,
    );
    this.text(this.words.why(shares[0], shares.length));
    this.parts.push(this.table(shares, [["sum", node.slope, node.grad ?? 0]]));
  }

  /** @param {Part} node @param {Link} link */
  delta(node, link) {
    const activation = link.to;
    const shares = this.story.shares(activation);
    this.line(this.words.pass(link, node.grad ?? 0, 1).rule);
    this.text(`Equation ${link.equation}. ${this.words.why(link, 1)}`);
    if (shares[0].to.kind !== "z") {
      if (shares[0].ways.length) this.inside(shares[0]);
      return;
    }
    this.text(
      `Written out, equation (4): ${node.label} acts on J through every unit that ${activation.label} feeds. ` +
        "A small change reaches each of them at once, and what they do to J adds up.",
    );
    this.parts.push(
      this.table(shares, [
        ["sum over k", activation.slope, activation.grad ?? 0],
        ["times g′", link.symbol, link.local],
        ["is", node.slope, node.grad ?? 0],
      ]),
    );
    if (link.local < 0.02) {
      this.text(`g′ is only ${written(link.local)}: this unit is saturated and hardly listens. Whatever reaches it is nearly lost, here and in all layers below.`);
    }
  }

  /** @param {Link[]} shares @param {[string, string, number][]} sums */
  table(shares, sums) {
    return tableOf(
      "The sum over k",
      ["through", "its error", "times the weight", "share"],
      shares.map((link) => [link.to.label, `${link.to.slope} = ${written(link.to.grad ?? 0)}`, `${link.symbol} = ${written(link.local)}`, written(link.share)]),
      sums.map(([name, symbol, value]) => [name, [symbol, 2], written(value)]),
    );
  }

  /** The ways through the logarithms that a link folds into one. @param {Link} link */
  inside(link) {
    this.text(`Inside ${link.to.label} there are ${link.ways.length} ways to ${link.from.label}; their products add up to ${written(link.local)}:`);
    this.parts.push(
      tableOf(
        "The ways inside",
        [],
        link.ways.map((way) => [way.via.join(" ← "), way.factors.map(factor).join(" × "), written(way.factors.reduce((a, b) => a * b, 1))]),
      ),
    );
  }

  /** @param {Part} node */
  ways(node) {
    const LISTED = 24;
    const count = this.story.countWays(node);
    const ways = this.story.ways(node, LISTED);
    this.text(
      count === 1
        ? "One way leads from this weight to J. The derivatives along it, multiplied:"
        : `${count} ways lead from this weight to J, one for every choice of units in between. The derivatives along each are multiplied, and the products added:`,
    );
    const product = (/** @type {Link[]} */ way) => way.reduce((p, link) => p * link.local, 1);
    const listed = ways.reduce((sum, way) => sum + product(way), 0);
    /** @type {[string, number][]} */ const foot = [];
    if (ways.length < count) foot.push([`the other ${count - ways.length} ways`, (node.grad ?? 0) - listed]);
    foot.push([`sum = ${node.slope}`, node.grad ?? 0]);
    this.parts.push(
      tableOf(
        "The ways to the cost",
        ["way", "local derivatives", "product"],
        ways.map((way) => [
          [node, ...way.map((link) => link.to)].map((n) => n.label).join(" → "),
          way.map((link) => factor(link.local)).join(" × "),
          written(product(way)),
        ]),
        foot.map(([name, value]) => [[name, 2], written(value)]),
      ),
    );
  }
}
