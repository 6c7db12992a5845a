"use strict";

// Numbers and elements. Whatever comes from the data is set as text, never as markup.

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function written(value, digits = 4) {
  if (value === 0) return "0";
  const sign = value < 0 ? "−" : "";
  const [mantissa, exponent] = Math.abs(value).toExponential(digits - 1).split("e");
  const power = Number(exponent);
  const short = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (power >= -3 && power < digits) {
    return sign + short(Math.abs(value).toFixed(digits - 1 - power));
  }
  return `${sign}${short(mantissa)}×10${power < 0 ? "⁻" : ""}${raised(Math.abs(power))}`;
}

const raised = (number) => String(number).replace(/\d/g, (digit) => RAISED[digit]);

// A negative factor stands in parentheses.
const factor = (value) => (value < 0 ? `(${written(value)})` : written(value));

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function drawn(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const byId = (id) => document.getElementById(id);

// The table of weights: sorted by any column, filtered by layer, the first dozen shown.

function parameterTable() {
  const table = byId("parameters");
  if (!table) return;
  const FIRST = 12;
  const body = table.tBodies[0];
  const filter = byId("layer-filter");
  const all = byId("show-all");
  let everything = false;

  function show() {
    let listed = 0;
    for (const row of body.rows) {
      const here = !filter.value || row.dataset.layer === filter.value;
      row.classList.toggle("elsewhere", !here);
      row.classList.toggle("more", here && !everything && listed >= FIRST);
      if (here) listed += 1;
    }
    const shown = everything ? listed : Math.min(listed, FIRST);
    all.hidden = listed <= FIRST;
    all.textContent = everything ? `Show the first ${FIRST}` : `Show all ${listed}`;
    byId("row-count").textContent = `${shown} of ${listed} weights shown`;
  }

  function sort(header) {
    const column = header.cellIndex;
    const direction = header.getAttribute("aria-sort") === "descending" ? "ascending" : "descending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const key = (row) => row.cells[column].dataset.v;
    const compare = (a, b) => {
      if (key(a) === "" || key(b) === "") return (key(a) === "") - (key(b) === "");
      const [first, second] = [key(a), key(b)].map((text) => Number(text.replace("inf", "Infinity")));
      const difference = first - second;
      if (first === second) return 0; // and not ∞ − ∞
      return sign * (Number.isNaN(difference) ? key(a).localeCompare(key(b)) : difference);
    };
    body.append(...[...body.rows].sort(compare));
    show();
  }

  table.tHead.addEventListener("click", (event) => {
    const header = event.target.closest("th");
    if (header && event.target.closest("button")) sort(header);
  });
  filter.addEventListener("change", show);
  all.addEventListener("click", () => {
    everything = !everything;
    show();
  });
  show();
}

// The story: nodes and links as Python told them, with what each node receives and passes on.

class Story {
  constructor(told) {
    Object.assign(this, told);
    this.nodes.forEach((node, id) => Object.assign(node, { id, inputs: [], outputs: [] }));
    this.links.forEach((link, id) => {
      Object.assign(link, { id, from: this.nodes[link.from], to: this.nodes[link.to] });
      link.to.inputs.push(link);
      link.from.outputs.push(link);
    });
    this.nodes.forEach((node) => node.outputs.sort((a, b) => a.to.id - b.to.id));
    this.strike ??= { equations: [], forward: false, weights: [] };
    this.backward.forEach((id) => (this.links[id].passes = true));
    this.cost = this.nodes.find((node) => node.kind === "cost");
  }

  // The links that pass a gradient to this node, in the order of the units they come from.
  shares(node) {
    return node.outputs.filter((link) => link.passes);
  }

  share(link) {
    return link.to.grad * link.local;
  }

  // Everything between the cost and a node: what a change of the node acts through.
  between(node) {
    const reached = new Set([node]);
    const todo = [node];
    while (todo.length) {
      for (const link of this.shares(todo.pop())) {
        if (!reached.has(link.to)) {
          reached.add(link.to);
          todo.push(link.to);
        }
      }
    }
    return reached;
  }

  countWays(node, known = new Map()) {
    if (node === this.cost) return 1;
    if (!known.has(node)) {
      known.set(node, this.shares(node).reduce((sum, link) => sum + this.countWays(link.to, known), 0));
    }
    return known.get(node);
  }

  // The ways from a node to the cost, at most `limit` of them, each a list of links.
  ways(node, limit) {
    const found = [];
    const walk = (at, links) => {
      if (found.length >= limit) return;
      if (at === this.cost) found.push(links);
      else for (const link of this.shares(at)) walk(link.to, [...links, link]);
    };
    walk(node, []);
    return found;
  }

  // Whether the mistake of a diagnosis spoils this step.
  spoiled(step) {
    if (step?.kind === "value") return this.strike.forward && (step.node.kind === "z" || step.node.kind === "a");
    return step?.kind === "pass" && this.strike.equations.includes(step.link.equation);
  }

  // A step fills in one value, or passes one share of the gradient along one link.
  steps(target) {
    const backward = this.backward.map((id) => this.links[id]);
    const seed = { kind: "seed", unit: "seed", layer: "seed" };
    const pass = (link) => ({ kind: "pass", link, ...this.group(link) });
    if (target) {
      const within = this.between(target);
      return [seed, ...backward.filter((link) => within.has(link.from)).map(pass)];
    }
    const forward = this.forward.map((id) => {
      const node = this.nodes[id];
      return { kind: "value", node, unit: `f${id}`, layer: `f${node.kind}${node.layer}` };
    });
    return [...forward, seed, ...backward.map(pass)];
  }

  // Shares are gathered by the unit they arrive at; slopes of weights by the unit they feed.
  group(link) {
    const unit = link.from.kind === "theta" ? link.to : link.from;
    return {
      unit: `b${link.from.kind}${unit.id}`,
      layer: `b${link.from.kind}${link.from.layer}`,
    };
  }
}

// What a step and a part mean, in words and numbers.

const sumOf = (terms, most = 6) =>
  (terms.length > most ? [...terms.slice(0, most - 1), "…", terms[terms.length - 1]] : terms).join(" + ");

class Words {
  constructor(story) {
    this.story = story;
    this.last = story.sizes.length;
  }

  value(node) {
    const { inputs, label, value } = node;
    const from = (kind) => inputs.filter((link) => link.from.kind === kind);
    if (node.kind === "z") {
      const weights = from("theta");
      return {
        kind: "weighted input",
        rule:
          `${label} = ${sumOf(weights.map((w) => `${w.from.label} ${w.symbol}`))}\n` +
          `= ${sumOf(weights.map((w) => `${factor(w.from.value)} × ${factor(w.local)}`))}\n= ${written(value)}`,
        why: `Each input counts as much as its weight says; ${weights[0].from.label} belongs to the bias unit, which is always 1.`,
      };
    }
    if (node.kind === "a") {
      const [z] = inputs;
      return {
        kind: "activation",
        rule: `${label} = g(${z.from.label}) = 1 / (1 + e^−${z.from.label}) = g(${written(z.from.value)}) = ${written(value)}`,
        why: "The sigmoid g squashes any number into the range from 0 to 1.",
      };
    }
    if (node.kind === "term") {
      const y = from("y")[0].from;
      const h = inputs.find((link) => link.from !== y).from;
      const logs =
        h.kind === "a"
          ? [`log ${h.label}`, `log(1 − ${h.label})`]
          : [`log g(${h.label})`, `log g(−${h.label})`];
      return {
        kind: "cost of one output, equation (3)",
        rule:
          `${label} = −${y.label} ${logs[0]} − (1 − ${y.label}) ${logs[1]}\n` +
          `with ${y.label} = ${written(y.value)} and ${h.label} = ${written(h.value)}: ${written(value)}`,
        why: "Small where the output is near its target y, large where it is confidently wrong.",
      };
    }
    return {
      kind: "cost of the example, equation (3)",
      rule: `${label} = ${sumOf(inputs.map((link) => link.from.label))}\n= ${sumOf(inputs.map((link) => factor(link.from.value)))}\n= ${written(value)}`,
      why: "Forward is done. From here the question is: which way does J move if a weight does?",
    };
  }

  // All steps of one layer at once, as the matrix formula that a program has for them.
  matrices(step) {
    const of = (letter, layer) => `${letter}⁽${raised(layer)}⁾`;
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

  seed() {
    return {
      kind: "the start of the way back",
      rule: `∂${this.story.cost.label}/∂${this.story.cost.label} = 1`,
      why: "If J changes by a little, J changes by just that. Every other slope is this 1 times local derivatives.",
    };
  }

  // One share of a gradient along one link, with the sum so far.
  pass(link, soFar, received) {
    const { from, to } = link;
    const expected = this.story.shares(from).length;
    const share = this.story.share(link);
    const sign = expected > 1 ? "+=" : "=";
    let rule =
      `${from.slope} ${sign} ${to.slope} × ${link.symbol}\n` +
      `${sign} ${factor(to.grad)} × ${factor(link.local)} = ${written(share)}`;
    if (expected > 1) {
      rule += `\n${received} of ${expected} shares: ${from.slope} ${received < expected ? "so far" : ""} = ${written(soFar)}`;
    }
    return { kind: `equation ${link.equation}`, rule, why: this.why(link, expected) };
  }

  why(link, expected) {
    const { from, to } = link;
    switch (`${from.kind} ${to.kind}`) {
      case "term cost":
        return `${to.label} is a plain sum, so each part counts once.`;
      case "a term":
        return `How fast the cost of this output changes with it: the slope of the logarithms in (3).`;
      case "z term":
        return `Both logarithms together: ${from.slope} is the output minus its target.`;
      case "z a": {
        const slope = `g′(${from.label}) = ${link.symbol}`;
        if (link.equation !== "(2)") {
          const y = this.targetOf(from);
          return `${slope}. All of it shortens to h − y: ${to.label} − ${y.label} = ${written(to.value)} − ${written(y.value)} = ${written(from.grad)}.`;
        }
        return `${slope}. The sum over k is complete, and times g′ it is equation (2): the error of this unit.`;
      }
      case "a z":
        return expected > 1
          ? `${from.label} feeds ${expected} units of layer ${to.layer}. Each of them sends back its own error times the weight between; the sum of what arrives is the Σ over k in (2) and (4).`
          : `${from.label} feeds one unit of layer ${to.layer}, so the sum over k has one term.`;
      case "theta z":
        return `What came in through the weight, times the error of the unit it feeds.`;
      default:
        return "";
    }
  }

  targetOf(node) {
    const [unit] = node.indices;
    return this.story.nodes.find((n) => n.kind === "y" && n.indices[0] === unit);
  }

  // The whole chain rule at one part: paragraphs and a table.
  explain(node) {
    const story = this.story;
    const parts = [];
    const line = (text) => parts.push(element("p", { class: "formula" }, text));
    const text = (words) => parts.push(element("p", {}, words));
    parts.push(element("h3", {}, `${node.label} = ${written(node.value)}`));
    if (node.inputs.length) line(this.value(node).rule);
    if (node.kind === "cost") {
      text("Every slope on this page says how fast this number changes.");
      return parts;
    }
    const shares = story.shares(node);
    if (!shares.length) {
      text(
        node.grad === null
          ? "The cost is written with z itself here, so no slope passes through this node."
          : "This is given, not trained: nobody needs the slope of J in it. It enters equation (1) as the factor of the weights it meets.",
      );
      return parts;
    }
    if (node.kind === "z" && shares[0].to.kind === "a") this.explainDelta(node, shares[0], line, text, parts);
    else this.explainShares(node, shares, line, text, parts);
    if (node.kind === "theta") this.explainWays(node, text, parts);
    return parts;
  }

  explainShares(node, shares, line, text, parts) {
    if (shares.length === 1) {
      const [link] = shares;
      line(this.pass(link, node.grad, 1).rule);
      text(`Equation ${link.equation}. ${this.why(link, 1)}`);
      if (link.ways.length) this.explainInside(link, text, parts);
      return;
    }
    line(
      `${node.slope} = ${sumOf(shares.map((link) => `${link.to.slope} ${link.symbol}`))}\n` +
        `= ${sumOf(shares.map((link) => `${factor(link.to.grad)} × ${factor(link.local)}`))}\n= ${written(node.grad)}`,
    );
    text(this.why(shares[0], shares.length));
    parts.push(this.shareTable(shares, [["sum", node.slope, node.grad]]));
  }

  explainDelta(node, link, line, text, parts) {
    const activation = link.to;
    const shares = this.story.shares(activation);
    line(this.pass(link, node.grad, 1).rule);
    text(`Equation ${link.equation}. ${this.why(link, 1)}`);
    if (shares[0].to.kind !== "z") {
      if (shares[0].ways.length) this.explainInside(shares[0], text, parts);
      return;
    }
    text(
      `Written out, equation (4): ${node.label} acts on J through every unit that ${activation.label} feeds. ` +
        "A small change reaches each of them at once, and what they do to J adds up.",
    );
    parts.push(
      this.shareTable(shares, [
        ["sum over k", activation.slope, activation.grad],
        ["times g′", link.symbol, link.local],
        ["is", node.slope, node.grad],
      ]),
    );
  }

  shareTable(shares, sums) {
    const head = element("tr", {}, ...["through", "its error", "times the weight", "share"].map((t) => element("th", { scope: "col" }, t)));
    const rows = shares.map((link) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, link.to.label),
        element("td", {}, `${link.to.slope} = ${written(link.to.grad)}`),
        element("td", {}, `${link.symbol} = ${written(link.local)}`),
        element("td", {}, written(this.story.share(link))),
      ),
    );
    const foot = sums.map(([name, symbol, value]) =>
      element("tr", {}, element("th", { scope: "row" }, name), element("td", { colspan: "2" }, symbol), element("td", {}, written(value))),
    );
    return scrolled("The sum over k", element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows), element("tfoot", {}, ...foot)));
  }

  // The ways through the logarithms that a link folds into one.
  explainInside(link, text, parts) {
    text(`Inside ${link.to.label} there are ${link.ways.length} ways to ${link.from.label}; their products add up to ${written(link.local)}:`);
    const rows = link.ways.map((way) =>
      element(
        "tr",
        {},
        element("td", { class: "way" }, way.via.join(" ← ")),
        element("td", {}, way.factors.map(factor).join(" × ")),
        element("td", {}, written(way.factors.reduce((a, b) => a * b, 1))),
      ),
    );
    parts.push(scrolled("The ways inside", element("table", {}, element("tbody", {}, ...rows))));
  }

  explainWays(node, text, parts) {
    const LISTED = 24;
    const count = this.story.countWays(node);
    const ways = this.story.ways(node, LISTED);
    text(
      count === 1
        ? "One way leads from this weight to J. The derivatives along it, multiplied:"
        : `${count} ways lead from this weight to J, one for every choice of units in between. The derivatives along each are multiplied, and the products added:`,
    );
    const product = (way) => way.reduce((p, link) => p * link.local, 1);
    const rows = ways.map((way) =>
      element(
        "tr",
        {},
        element("td", { class: "way" }, [node, ...way.map((link) => link.to)].map((n) => n.label).join(" → ")),
        element("td", {}, way.map((link) => factor(link.local)).join(" × ")),
        element("td", {}, written(product(way))),
      ),
    );
    const listed = ways.reduce((sum, way) => sum + product(way), 0);
    const foot = [];
    if (ways.length < count) foot.push([`the other ${count - ways.length} ways`, node.grad - listed]);
    foot.push([`sum = ${node.slope}`, node.grad]);
    parts.push(
      scrolled(
        "The ways to the cost",
        element(
          "table",
          {},
          element("thead", {}, element("tr", {}, ...["way", "local derivatives", "product"].map((t) => element("th", { scope: "col" }, t)))),
          element("tbody", {}, ...rows),
          element(
            "tfoot",
            {},
            ...foot.map(([name, value]) => element("tr", {}, element("th", { scope: "row", colspan: "2" }, name), element("td", {}, written(value)))),
          ),
        ),
      ),
    );
  }
}

function scrolled(name, child) {
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name }, child);
}

// The picture: columns of units, drawn once; every step then only changes classes and texts.

const UNIT = { width: 196, height: 64, gap: 20, between: 116, top: 34 };
const MOST_UNITS = 16; // of a layer that are drawn; the others are counted

class Picture {
  constructor(svg, story) {
    this.svg = svg;
    this.story = story;
    this.shapes = new Map(); // node -> {group, value, slope, half}
    this.wires = new Map(); // link -> {group, wire}: a weight and its unit share one
    this.place();
    this.draw();
  }

  place() {
    const { sizes, nodes } = this.story;
    const last = sizes.length;
    const columns = Array.from({ length: last + 2 }, () => []);
    for (const node of nodes) {
      if (node.kind === "bias" || node.kind === "x") columns[node.layer - 1].push(node);
      else if (node.kind === "a") columns[node.layer - 1].push(node);
      else if (node.kind === "term") columns[last].push(node);
      else if (node.kind === "cost") columns[last + 1].push(node);
    }
    this.columns = columns.map((column, k) => {
      // The bias unit stands apart, on top of its layer.
      const bias = column.filter((node) => node.kind === "bias");
      const units = column.filter((node) => node.kind !== "bias");
      const shown = units.slice(0, units.length > MOST_UNITS ? MOST_UNITS - 4 : MOST_UNITS);
      return { name: this.columnName(k, last), shown: [...bias, ...shown], left: units.length - shown.length };
    });
    const widths = this.columns.map((column) => Math.max(...column.shown.map(widthOf)));
    const pitch = UNIT.height + UNIT.gap;
    const tallest = Math.max(...this.columns.map((column) => column.shown.length + (column.left ? 0.6 : 0)));
    this.height = UNIT.top + tallest * pitch + 14;
    let x = 16;
    this.columns.forEach((column, k) => {
      const rows = column.shown.length + (column.left ? 0.6 : 0);
      let y = UNIT.top + ((tallest - rows) * pitch) / 2 + UNIT.gap / 2;
      column.x = x + widths[k] / 2;
      for (const node of column.shown) {
        node.box = { x: column.x - widthOf(node) / 2, y, width: widthOf(node), height: UNIT.height };
        y += pitch;
      }
      column.bottom = y;
      x += widths[k] + UNIT.between;
    });
    this.width = x - UNIT.between + 16;
  }

  columnName(k, last) {
    if (k === 0) return "layer 1: inputs x";
    if (k < last - 1) return `layer ${k + 1}: hidden`;
    if (k === last - 1) return `layer ${last}: output h = a⁽ᴸ⁾`;
    return k === last ? "cost of each output" : "cost";
  }

  draw() {
    const wires = drawn("g");
    const boxes = drawn("g");
    this.tags = drawn("g");
    this.halo = drawn("path", { class: "halo" });
    this.pulse = drawn("circle", { class: "pulse", r: 6, visibility: "hidden" });
    this.svg.append(this.halo, wires, boxes, this.tags, this.pulse);
    for (const column of this.columns) {
      boxes.append(label(column.x, 20, column.name, "column"));
      if (column.left) boxes.append(label(column.x, column.bottom + 12, `… and ${column.left} more units`, "column"));
      for (const node of column.shown) boxes.append(this.drawBox(node));
    }
    this.drawWires(wires);
  }

  drawBox(node) {
    const { x, y, width, height } = node.box;
    const group = drawn("g", { class: node.kind }, drawn("rect", { class: "box", x, y, width, height, rx: 12 }));
    const halves = node.kind === "a" ? [node.inputs[0].from, node] : [node];
    halves.forEach((part, k) => {
      const w = width / halves.length;
      const half = drawn("rect", { class: "half", x: x + k * w, y, width: w, height, rx: 12 });
      const value = label(x + (k + 0.5) * w, y + 37, "", "value");
      const slope = label(x + (k + 0.5) * w, y + 55, "", "slope");
      const shape = drawn("g", { "data-node": part.id }, half, label(x + (k + 0.5) * w, y + 19, part.label, "name"), value, slope);
      this.shapes.set(part, { group: shape, value, slope });
      part.box = { x: x + k * w, y, width: w, height };
      group.append(shape);
    });
    if (node.kind === "a") group.append(label(x + width / 2, y + 18, "g →", "given"));
    const name = this.nameOf(node);
    if (name) group.append(label(x + width / 2, y + height + 14, shortened(name), "given"));
    if (name) group.append(drawn("title", {}, name));
    return group;
  }

  nameOf(node) {
    if (node.kind === "x") return this.story.features[node.indices[0] - 1] || "";
    if (node.kind !== "term") return "";
    const y = node.inputs.find((link) => link.from.kind === "y").from;
    const name = this.story.classes[node.indices[0] - 1];
    return `${y.label} = ${written(y.value)}${name ? ` (${name})` : ""}`;
  }

  drawWires(layer) {
    const largest = (values) => Math.max(...values.map(Math.abs), 1e-300);
    const thetas = this.story.nodes.filter((node) => node.kind === "theta");
    this.most = { value: largest(thetas.map((t) => t.value)), grad: largest(thetas.map((t) => t.grad)) };
    for (const node of this.story.nodes) {
      if (node.kind === "z") {
        // A link of a weight and one of the unit it multiplies are one line of the picture.
        const weights = node.inputs.filter((link) => link.from.kind === "theta");
        const units = node.inputs.filter((link) => link.from.kind !== "theta");
        weights.forEach((weight, j) => this.drawWire(layer, units[j].from, node, [weight, units[j]], weight.from));
      } else if (node.kind === "term" || node.kind === "cost") {
        for (const link of node.inputs) {
          // With the cost written in z, the line still leaves from the unit.
          if (link.from.kind !== "y") this.drawWire(layer, link.from, node, [link], null);
        }
      }
    }
  }

  drawWire(layer, from, to, links, theta) {
    if (!this.shapes.has(from) || !this.shapes.has(to)) return;
    const a = from.box;
    const b = to.box;
    const x1 = from.kind === "z" ? a.x + 2 * a.width : a.x + a.width;
    const [y1, x2, y2] = [a.y + a.height / 2, b.x, b.y + b.height / 2];
    const bend = (x2 - x1) / 2;
    const path = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
    const wire = drawn("path", { class: "wire", d: path });
    const group = drawn("g", {});
    if (theta && this.story.strike.weights.includes(theta.id)) group.append(drawn("path", { class: "struck", d: path }));
    group.append(wire);
    const grab = drawn("path", { class: "grab", d: path });
    if (theta) {
      grab.dataset.node = theta.id;
      grab.append(drawn("title", {}, theta.label));
    }
    group.append(grab);
    layer.append(group);
    const made = { group, wire, path, theta, from, to };
    links.forEach((link) => this.wires.set(link, made));
  }

  // Fill in what is known after some steps: values, gradients so far, and the step itself.
  show(state, step) {
    for (const [node, shape] of this.shapes) {
      shape.value.textContent = state.known.has(node) ? written(node.value) : "";
      const grad = state.grads.get(node);
      const partial = grad && grad.received < grad.expected ? "…" : "";
      shape.slope.textContent = grad ? `${node.kind === "z" ? "δ " : "∂ "}${written(grad.value)}${partial}` : "";
      shape.group.classList.remove("now");
    }
    for (const made of new Set(this.wires.values())) {
      const { theta, wire } = made;
      const backward = theta ? state.grads.has(theta) : state.grads.has(made.from);
      const forward = state.known.has(made.to);
      const amount = theta ? (backward ? theta.grad : theta.value) : 0;
      const most = backward ? this.most.grad : this.most.value;
      wire.setAttribute("class", `wire ${backward ? "bwd" : forward ? "fwd" : ""} ${(backward || forward) && amount < 0 ? "negative" : ""}`);
      wire.setAttribute("stroke-width", theta && (backward || forward) ? 0.7 + (3.3 * Math.abs(amount)) / most : 1.2);
      wire.setAttribute("stroke-opacity", backward || forward ? 0.75 : 1);
    }
    this.markStep(step, state);
  }

  markStep(step, state) {
    this.tags.replaceChildren();
    this.halo.removeAttribute("d");
    this.pulse.setAttribute("visibility", "hidden");
    this.svg.classList.toggle("dim", Boolean(step) && !state.complete);
    if (!step) return;
    const lit = step.kind === "value" ? step.node.inputs : step.kind === "pass" ? [step.link] : [];
    for (const link of lit) this.wires.get(link)?.wire.classList.add("lit");
    const target = step.kind === "value" ? step.node : step.kind === "pass" ? step.link.from : this.story.cost;
    this.shapes.get(target)?.group.classList.add("now");
    if (step.kind === "value") {
      if (step.node.inputs.length <= 8) {
        for (const link of step.node.inputs) if (link.from.kind === "theta") this.tag(link, written(link.from.value), 0.42);
      }
      return;
    }
    if (step.kind !== "pass") return;
    const made = this.wires.get(step.link);
    if (!made) return;
    this.halo.setAttribute("d", made.path);
    const grad = state.grads.get(step.link.from);
    if (step.link.from.kind === "theta") {
      this.tag(step.link, `${step.link.from.slope} = ${written(grad.value)}`, 0.5);
    } else {
      this.tag(step.link, `share ${written(this.story.share(step.link))}`, 0.5);
    }
  }

  tag(link, text, along) {
    const made = this.wires.get(link);
    if (!made) return;
    const point = made.wire.getPointAtLength(made.wire.getTotalLength() * along);
    this.tags.append(label(point.x, point.y - 6, text, "tag"));
  }

  // A dot runs along the line, in the direction in which the number is passed.
  run(step) {
    const made = step?.kind === "pass" && this.wires.get(step.link);
    if (!made || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const length = made.wire.getTotalLength();
    const started = performance.now();
    this.running = step;
    const frame = (now) => {
      const share = Math.min(1, (now - started) / 450);
      if (this.running !== step || share === 1) {
        if (this.running === step) this.pulse.setAttribute("visibility", "hidden");
        return;
      }
      const point = made.wire.getPointAtLength(length * (1 - share));
      this.pulse.setAttribute("cx", point.x);
      this.pulse.setAttribute("cy", point.y);
      this.pulse.setAttribute("visibility", "visible");
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  pick(node) {
    for (const picked of this.svg.querySelectorAll(".picked")) picked.classList.remove("picked");
    if (!node) return;
    const through = this.story.between(node);
    for (const part of through) {
      this.shapes.get(part)?.group.classList.add("picked");
      for (const link of this.story.shares(part)) this.wires.get(link)?.group.classList.add("picked");
    }
  }

  // Where a step happens, for the camera.
  areaOf(step) {
    if (!step) return null;
    const ends =
      step.kind === "value"
        ? [step.node, ...step.node.inputs.map((link) => link.from)]
        : step.kind === "pass"
          ? [step.link.from, step.link.to, this.wires.get(step.link)?.from]
          : [this.story.cost];
    const boxes = ends.filter((node) => node?.box && this.shapes.has(node)).map((node) => node.box);
    if (!boxes.length) return null;
    const x = Math.min(...boxes.map((b) => b.x));
    const y = Math.min(...boxes.map((b) => b.y));
    return {
      x,
      y,
      width: Math.max(...boxes.map((b) => b.x + b.width)) - x,
      height: Math.max(...boxes.map((b) => b.y + b.height)) - y,
    };
  }
}

const widthOf = (node) => (node.kind === "a" ? UNIT.width : node.kind === "bias" ? 64 : 96);

const shortened = (name) => (name.length > 22 ? `${name.slice(0, 21)}…` : name);

const label = (x, y, text, kind) => drawn("text", { x, y, class: kind }, text);

// Zoom and pan: the view box of the picture.

class Camera {
  constructor(svg, picture) {
    this.svg = svg;
    this.whole = { x: 0, y: 0, width: picture.width, height: picture.height };
    svg.style.aspectRatio = `${picture.width} / ${Math.max(picture.height, picture.width / 3.4)}`;
    this.fit();
    this.pointers = new Map();
    this.moved = 0; // by the last press, in pixels: a drag is no click
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && document.activeElement !== svg) return;
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 1 / 1.15 : 1.15, this.point(event));
    }, { passive: false });
    svg.addEventListener("pointerdown", (event) => {
      this.pointers.set(event.pointerId, event);
      this.moved = 0;
    });
    addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, (event) => this.pointers.delete(event.pointerId));
  }

  set(view) {
    this.view = view;
    this.svg.setAttribute("viewBox", [view.x, view.y, view.width, view.height].map((v) => v.toFixed(2)).join(" "));
  }

  fit() {
    this.set({ ...this.whole });
  }

  // Units of the drawing per pixel: the picture is fitted into the element, centred.
  scale() {
    const { width, height } = this.svg.getBoundingClientRect();
    return Math.max(this.view.width / width, this.view.height / height);
  }

  point(event) {
    const box = this.svg.getBoundingClientRect();
    const scale = this.scale();
    return {
      x: this.view.x + this.view.width / 2 + (event.clientX - box.x - box.width / 2) * scale,
      y: this.view.y + this.view.height / 2 + (event.clientY - box.y - box.height / 2) * scale,
    };
  }

  zoom(times, about = { x: this.view.x + this.view.width / 2, y: this.view.y + this.view.height / 2 }) {
    const { x, y, width, height } = this.view;
    const limited = Math.min(Math.max(width * times, 150), this.whole.width * 1.5) / width;
    this.set({
      x: about.x + (x - about.x) * limited,
      y: about.y + (y - about.y) * limited,
      width: width * limited,
      height: height * limited,
    });
  }

  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const others = [...this.pointers.values()].filter((p) => p.pointerId !== event.pointerId);
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    this.moved += Math.abs(dx) + Math.abs(dy);
    if (others.length === 1) {
      const apart = (p) => Math.hypot(p.clientX - others[0].clientX, p.clientY - others[0].clientY);
      if (apart(event) > 0) this.zoom(apart(before) / apart(event));
    } else if (!others.length && this.moved > 4) {
      const scale = this.scale();
      this.set({ ...this.view, x: this.view.x - dx * scale, y: this.view.y - dy * scale });
    }
    this.pointers.set(event.pointerId, event);
  }

  // A readable excerpt around an area, at the proportions of the element.
  lookAt(area) {
    if (!area) return this.fit();
    const box = this.svg.getBoundingClientRect();
    const ratio = box.height / box.width || 0.5;
    const width = Math.max(area.width + 60, (area.height + 50) / ratio, 420);
    this.set({
      x: area.x + area.width / 2 - width / 2,
      y: area.y + area.height / 2 - (width * ratio) / 2,
      width,
      height: width * ratio,
    });
  }
}

// The player: a position among the steps, and everything that follows from it.

class Player {
  constructor(story) {
    this.story = story;
    this.words = new Words(story);
    this.svg = byId("net");
    this.picture = new Picture(this.svg, story);
    this.camera = new Camera(this.svg, this.picture);
    this.at = 0;
    this.fillLists();
    this.listen();
    const steps = story.steps(null);
    byId("next-strike").hidden = !steps.some((step) => story.spoiled(step));
    if (story.nodes.length > 400) byId("stride").value = "layer";
    byId("camera").checked = this.svg.getBoundingClientRect().width < 620;
    this.choose("");
  }

  fillLists() {
    const option = (node) => element("option", { value: node.id }, node.label);
    const thetas = this.story.nodes.filter((node) => node.kind === "theta");
    const follow = element("optgroup", { label: "only what reaches the weight" });
    follow.append(...thetas.map(option));
    byId("follow").append(follow);
    const others = this.story.nodes.filter((node) => node.kind !== "theta");
    const units = element("optgroup", { label: "units" });
    units.append(...others.map(option));
    const weights = element("optgroup", { label: "weights" });
    weights.append(...thetas.map(option));
    byId("pick").append(element("option", { value: "" }, "choose a part"), units, weights);
  }

  listen() {
    const on = (id, event, action) => byId(id).addEventListener(event, action);
    on("next", "click", () => this.move(1));
    on("back", "click", () => this.move(-1));
    on("first", "click", () => this.go(0));
    on("last", "click", () => this.go(this.steps.length));
    on("play", "click", () => this.play(!this.timer));
    on("tour", "click", () => this.tour());
    on("next-strike", "click", () => this.nextStrike());
    on("slider", "input", (event) => this.go(Number(event.target.value)));
    on("follow", "change", (event) => this.choose(event.target.value));
    on("pick", "change", (event) => this.pick(event.target.value));
    on("camera", "change", () => (byId("camera").checked ? this.look() : this.camera.fit()));
    on("zoom-in", "click", () => this.zoom(1 / 1.3));
    on("zoom-out", "click", () => this.zoom(1.3));
    on("fit", "click", () => this.fit());
    this.svg.addEventListener("keydown", (event) => this.key(event));
    this.svg.addEventListener("click", (event) => {
      const part = event.target.closest("[data-node]");
      if (this.camera.moved <= 4) this.pick(part ? part.dataset.node : "");
    });
    addEventListener("beforeprint", () => this.camera.fit());
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      ArrowRight: () => this.move(1),
      ArrowLeft: () => this.move(-1),
      Home: () => this.go(0),
      End: () => this.go(this.steps.length),
      " ": () => this.play(!this.timer),
      "+": () => this.zoom(1 / 1.3),
      "-": () => this.zoom(1.3),
      0: () => this.fit(),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  zoom(times) {
    byId("camera").checked = false;
    this.camera.zoom(times);
  }

  fit() {
    byId("camera").checked = false;
    this.camera.fit();
  }

  // Every step, or only those between the cost and one weight (then forward is done already).
  choose(id) {
    this.play(false);
    this.target = id === "" ? null : this.story.nodes[id];
    this.steps = this.story.steps(this.target);
    byId("slider").max = this.steps.length;
    if (this.target) this.pick(id);
    this.go(0);
  }

  pick(id) {
    byId("pick").value = id;
    const node = id === "" ? null : this.story.nodes[id];
    this.picture.pick(node);
    byId("explained").replaceChildren(...(node ? this.words.explain(node) : []));
  }

  // On or back by one share, unit or layer.
  move(direction) {
    const stride = byId("stride").value;
    let to = this.at + direction;
    if (stride !== "share") {
      const group = (k) => this.steps[k - 1]?.[stride];
      if (direction > 0) while (to < this.steps.length && group(to + 1) === group(to)) to += 1;
      else while (to > 0 && group(to + 1) === group(to)) to -= 1;
    }
    to = Math.min(Math.max(to, 0), this.steps.length);
    this.go(to, direction > 0 ? to - this.at : 1);
    if (direction > 0) this.picture.run(this.steps[this.at - 1]);
  }

  // From the cost back to the first weight of an input, which is what a newcomer should see first.
  tour() {
    const first = this.story.nodes.find((node) => node.kind === "theta" && node.indices[1] > 0);
    byId("follow").value = first.id;
    this.choose(String(first.id));
    this.play(true);
  }

  // To the next step that the mistake spoils, from the last one to the first.
  nextStrike() {
    const places = this.steps.flatMap((step, k) => (this.story.spoiled(step) ? [k + 1] : []));
    if (places.length) this.go(places.find((place) => place > this.at) ?? places[0]);
  }

  play(on) {
    clearInterval(this.timer);
    this.timer = null;
    if (on) {
      if (this.at === this.steps.length) this.go(0);
      this.move(1);
      this.timer = setInterval(() => {
        this.move(1);
        if (this.at === this.steps.length) this.play(false);
      }, 1100);
    }
    // While playing, a screen reader is not interrupted at every step.
    byId("step").setAttribute("aria-live", on ? "off" : "polite");
    byId("play").setAttribute("aria-pressed", String(on));
    byId("play").textContent = on ? "⏸ pause" : "▶ play";
  }

  state() {
    const known = new Set(this.story.nodes.filter((node) => !node.inputs.length));
    const grads = new Map();
    if (this.target) for (const node of this.story.nodes) known.add(node);
    for (const step of this.steps.slice(0, this.at)) {
      if (step.kind === "value") known.add(step.node);
      else if (step.kind === "seed") grads.set(this.story.cost, { value: 1, received: 1, expected: 1 });
      else {
        const node = step.link.from;
        const before = grads.get(node) || { value: 0, received: 0 };
        grads.set(node, {
          value: before.value + this.story.share(step.link),
          received: before.received + 1,
          expected: this.story.shares(node).length,
        });
      }
    }
    return { known, grads, complete: this.at === this.steps.length };
  }

  // `together` is how many steps were taken at once to get there.
  go(position, together = 1) {
    this.at = position;
    this.stride = together;
    const step = this.steps[position - 1];
    const state = this.state();
    this.picture.show(state, step);
    this.say(step, state);
    const slider = byId("slider");
    slider.value = position;
    slider.setAttribute("aria-valuetext", `step ${position} of ${this.steps.length}: ${byId("rule").textContent.split("\n")[0]}`);
    byId("count").textContent = `${position} / ${this.steps.length}`;
    byId("back").disabled = byId("first").disabled = position === 0;
    byId("next").disabled = byId("last").disabled = position === this.steps.length;
    if (byId("camera").checked) this.look();
  }

  look() {
    this.camera.lookAt(this.picture.areaOf(this.steps[this.at - 1]));
  }

  say(step, state) {
    const box = byId("step");
    const [kind, rule, why] = box.children;
    const write = (words, phase) => {
      box.className = `step ${phase} ${this.story.spoiled(step) ? "spoiled" : ""}`;
      kind.textContent = words.kind;
      rule.textContent = words.rule;
      why.textContent = words.why;
    };
    if (!step) {
      const goal = this.target;
      write(
        goal
          ? {
              kind: `following ${goal.slope}`,
              rule: `From ${this.story.cost.label} back to ${goal.label}`,
              why: "All values are known. Only the parts through which this weight acts on the cost are stepped through.",
            }
          : { kind: "start", rule: "The inputs, targets and weights are given", why: "Press ▶ to work out the first weighted input." },
        "",
      );
    } else if (step.kind === "value") write(this.headed(this.words.value(step.node), "Forward", step), "fwd");
    else if (step.kind === "seed") write(this.headed(this.words.seed(), "Backward", step), "bwd");
    else {
      const grad = state.grads.get(step.link.from);
      write(this.headed(this.words.pass(step.link, grad.value, grad.received), "Backward", step), "bwd");
    }
  }

  headed(words, phase, step) {
    const spoiled = this.story.spoiled(step) ? " · the mistake strikes here" : "";
    const together = this.stride > 1 ? ` · the last of ${this.stride} steps taken at once` : "";
    const matrices = this.stride > 1 && byId("stride").value === "layer" ? this.words.matrices(step) : "";
    return {
      ...words,
      kind: `${phase} · ${words.kind}${spoiled}${together}`,
      rule: matrices ? `${matrices}\nat the end: ${words.rule}` : words.rule,
    };
  }
}

parameterTable();
const data = byId("data");
if (data) new Player(new Story(JSON.parse(data.textContent)));
