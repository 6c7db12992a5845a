// The picture: columns of units, drawn once; every step then only changes classes and texts.

const UNIT = { width: 200, half: 86, height: 64, gap: 20, between: 62, top: 34 };
const MOST_UNITS = 16; // of a layer that are drawn; the others are counted

/** @typedef {{group: any, value: any, slope: any}} Shape */
/** A weight and its unit share one wire. @typedef {{group: any, wire: any, path: string, theta: Part | null, from: Part, to: Part}} Wire */
/** What is known after some steps.
 * @typedef {{known: Set<Part>, grads: Map<Part, {value: number, received: number, expected: number}>, complete: boolean}} Known */

class Picture {
  /** @param {any} svg @param {Story} story */
  constructor(svg, story) {
    this.svg = svg;
    this.story = story;
    /** @type {Map<Part, Shape>} */ this.shapes = new Map();
    /** @type {Map<Link, Wire>} */ this.wires = new Map();
    /** @type {{name: string, shown: Part[], left: number, x: number, bottom: number}[]} */ this.columns = [];
    this.width = 0;
    this.height = 0;
    /** @type {Step | null} */ this.running = null;
    this.place();
    this.tags = drawn("g");
    this.halo = drawn("path", { class: "halo" });
    this.pulse = drawn("circle", { class: "pulse", r: 6, visibility: "hidden" });
    this.draw();
  }

  place() {
    const last = this.story.sizes.length;
    /** @type {Part[][]} */ const columns = Array.from({ length: last + 2 }, () => []);
    for (const node of this.story.nodes) {
      if (["bias", "x", "a"].includes(node.kind)) columns[node.layer - 1].push(node);
      else if (node.kind === "term") columns[last].push(node);
      else if (node.kind === "cost") columns[last + 1].push(node);
    }
    this.columns = columns.map((column, k) => {
      // The bias unit stands apart, on top of its layer.
      const bias = column.filter((node) => node.kind === "bias");
      const units = column.filter((node) => node.kind !== "bias");
      const shown = units.slice(0, units.length > MOST_UNITS ? MOST_UNITS - 4 : MOST_UNITS);
      return { name: this.columnName(k, last), shown: [...bias, ...shown], left: units.length - shown.length, x: 0, bottom: 0 };
    });
    this.arrange();
  }

  arrange() {
    const pitch = UNIT.height + UNIT.gap;
    const rowsOf = (/** @type {{shown: Part[], left: number}} */ column) => column.shown.length + (column.left ? 0.6 : 0);
    const tallest = Math.max(...this.columns.map(rowsOf));
    this.height = UNIT.top + tallest * pitch + 12; // and a name below the last box
    let x = 12;
    for (const column of this.columns) {
      const width = Math.max(...column.shown.map(widthOf));
      let y = UNIT.top + ((tallest - rowsOf(column)) * pitch) / 2 + UNIT.gap / 2;
      column.x = x + width / 2;
      for (const node of column.shown) {
        node.box = { x: column.x - widthOf(node) / 2, y, width: widthOf(node), height: UNIT.height };
        y += pitch;
      }
      column.bottom = y;
      x += width + UNIT.between;
    }
    this.width = x - UNIT.between + 12;
  }

  /** @param {number} k @param {number} last */
  columnName(k, last) {
    if (k === 0) return "inputs x";
    if (k < last - 1) return `layer ${k + 1}: hidden`;
    if (k === last - 1) return `layer ${last}: output h = a⁽ᴸ⁾`;
    return k === last ? "cost of each" : "cost";
  }

  draw() {
    const wires = drawn("g");
    const boxes = drawn("g");
    this.svg.append(this.halo, wires, boxes, this.tags, this.pulse);
    for (const column of this.columns) {
      boxes.append(label(column.x, 20, column.name, "column"));
      if (column.left) boxes.append(label(column.x, column.bottom + 12, `… and ${column.left} more units`, "column"));
      for (const node of column.shown) boxes.append(this.drawBox(node));
    }
    this.drawWires(wires);
  }

  /** @param {Part} node */
  drawBox(node) {
    const { x, y, width, height } = /** @type {Box} */ (node.box);
    const group = drawn("g", { class: node.kind }, drawn("rect", { class: "box", x, y, width, height, rx: 12 }));
    const halves = node.kind === "a" ? [node.inputs[0].from, node] : [node];
    halves.forEach((part, k) => {
      const w = halves.length > 1 ? UNIT.half : width; // room for g between z and a
      const left = k ? x + width - w : x;
      const half = drawn("rect", { class: "half", x: left, y, width: w, height, rx: 12 });
      const value = label(left + w / 2, y + 37, "", "value");
      const slope = label(left + w / 2, y + 55, "", "slope");
      const shape = drawn("g", { "data-node": part.id }, half, label(left + w / 2, y + 19, part.label, "name"), value, slope);
      if (part.kind === "x" || part.kind === "z") shape.classList.add("touchable");
      this.shapes.set(part, { group: shape, value, slope });
      part.box = { x: left, y, width: w, height };
      group.append(shape);
    });
    if (node.kind === "a") group.append(label(x + width / 2, y + 36, "g →", "given"));
    this.nameBox(node, group, x + width / 2, y + height + 15);
    return group;
  }

  /** The feature's name, or the target of an output, below its box.
   * @param {Part} node @param {any} group @param {number} x @param {number} y */
  nameBox(node, group, x, y) {
    if (node.kind === "x") {
      const name = this.story.features[node.indices[0] - 1] || "";
      if (name) group.append(label(x, y, shortened(name), "given"), drawn("title", {}, name));
    } else if (node.kind === "term") {
      const y_k = /** @type {Link} */ (node.inputs.find((link) => link.from.kind === "y")).from;
      const name = this.story.classes[node.indices[0] - 1];
      const target = label(x, y, "", "given target touchable");
      target.dataset.node = y_k.id;
      target.dataset.name = name ? ` (${shortened(name)})` : "";
      group.append(target);
      if (name) group.append(drawn("title", {}, name));
    }
  }

  /** @param {any} layer */
  drawWires(layer) {
    for (const node of this.story.nodes) {
      if (node.kind === "z") {
        // A link of a weight and one of the unit it multiplies are one line of the picture.
        for (const [weight, unit] of pairsOf(node)) this.drawWire(layer, unit.from, node, [weight, unit], weight.from);
      } else if (node.kind === "term" || node.kind === "cost") {
        for (const link of node.inputs) {
          // With the cost written in z, the line still leaves from the unit.
          if (link.from.kind !== "y") this.drawWire(layer, link.from, node, [link], null);
        }
      }
    }
  }

  /** @param {any} layer @param {Part} from @param {Part} to @param {Link[]} links @param {Part | null} theta */
  drawWire(layer, from, to, links, theta) {
    if (!from.box || !to.box || !this.shapes.has(from) || !this.shapes.has(to)) return;
    const [a, b] = [from.box, to.box];
    const x1 = from.kind === "z" ? a.x + UNIT.width : a.x + a.width;
    const [y1, x2, y2] = [a.y + a.height / 2, b.x, b.y + b.height / 2];
    const bend = (x2 - x1) / 2;
    const path = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
    const wire = drawn("path", { class: "wire", d: path });
    const group = drawn("g", {});
    if (theta && this.story.strike?.weights.includes(theta.id)) group.append(drawn("path", { class: "struck", d: path }));
    group.append(wire);
    const grab = drawn("path", { class: "grab", d: path });
    if (theta) {
      grab.dataset.node = theta.id;
      grab.classList.add("touchable");
      grab.append(drawn("title", {}));
    }
    group.append(grab);
    layer.append(group);
    const made = { group, wire, path, theta, from, to };
    links.forEach((link) => this.wires.set(link, made));
  }

  /** Fill in what is known after some steps: values, gradients so far, and the step itself.
   * @param {Known} state @param {Step | undefined} step @param {Set<Part>} [moved] what a hand is moving */
  show(state, step, moved) {
    for (const [node, shape] of this.shapes) {
      shape.value.textContent = state.known.has(node) ? written(node.value) : "";
      const grad = state.grads.get(node);
      const partial = grad && grad.received < grad.expected ? "…" : "";
      shape.slope.textContent = grad ? `${node.kind === "z" ? "δ " : "∂ "}${written(grad.value)}${partial}` : "";
      shape.group.classList.remove("now");
      shape.group.classList.toggle("moved", Boolean(moved?.has(node)));
    }
    const thetas = this.story.nodes.filter((node) => node.kind === "theta");
    const largest = (/** @type {number[]} */ values) => Math.max(...values.map(Math.abs), 1e-300);
    const most = { value: largest(thetas.map((t) => t.value)), grad: largest(thetas.map((t) => t.grad ?? 0)) };
    for (const made of new Set(this.wires.values())) this.showWire(made, state, most);
    for (const target of this.svg.querySelectorAll(".target")) {
      const y = this.story.nodes[target.dataset.node];
      target.textContent = `${y.label} = ${written(y.value)}${target.dataset.name}`;
    }
    this.markStep(step, state, moved);
  }

  /** @param {Wire} made @param {Known} state @param {{value: number, grad: number}} most */
  showWire(made, state, most) {
    const { theta, wire, group } = made;
    const backward = theta ? state.grads.has(theta) : state.grads.has(made.from);
    const forward = state.known.has(made.to);
    const amount = theta ? (backward ? theta.grad ?? 0 : theta.value) : 0;
    const coloured = backward || forward;
    wire.setAttribute("class", `wire ${backward ? "bwd" : forward ? "fwd" : ""} ${coloured && amount < 0 ? "negative" : ""}`);
    wire.setAttribute("stroke-width", theta && coloured ? 0.7 + (3.3 * Math.abs(amount)) / (backward ? most.grad : most.value) : 1.2);
    wire.setAttribute("stroke-opacity", coloured ? 0.75 : 1);
    const title = group.querySelector("title");
    if (title && theta) title.textContent = `${theta.label} = ${written(theta.value)}${backward ? `, ${theta.slope} = ${written(theta.grad ?? 0)}` : ""}`;
  }

  /** @param {Step | undefined} step @param {Known} state @param {Set<Part>} [moved] */
  markStep(step, state, moved) {
    this.tags.replaceChildren();
    this.halo.removeAttribute("d");
    this.pulse.setAttribute("visibility", "hidden");
    this.svg.classList.toggle("dim", Boolean(moved) || (Boolean(step) && !state.complete));
    if (moved) for (const [link, made] of this.wires) if (moved.has(link.from) && moved.has(link.to)) made.wire.classList.add("lit");
    if (!step) return;
    const lit = step.kind === "value" ? step.node.inputs : step.kind === "pass" ? [step.link] : [];
    for (const link of lit) this.wires.get(link)?.wire.classList.add("lit");
    const target = step.kind === "value" ? step.node : step.kind === "pass" ? step.link.from : this.story.cost;
    this.shapes.get(target)?.group.classList.add("now");
    if (step.kind === "value") {
      if (step.node.inputs.length > 8) return;
      for (const link of step.node.inputs) if (link.from.kind === "theta") this.tag(link, link.from.value);
      return;
    }
    const made = step.kind === "pass" && this.wires.get(step.link);
    if (!made) return;
    this.halo.setAttribute("d", made.path);
    const { from, share } = step.link;
    this.tag(step.link, from.kind === "theta" ? (from.grad ?? 0) : share);
  }

  /** A number on its line, in the middle of the gap between two columns, clear of the boxes.
   * @param {Link} link @param {number} value */
  tag(link, value) {
    const made = this.wires.get(link);
    if (!made) return;
    const middle = /** @type {Box} */ (made.to.box).x - UNIT.between / 2;
    let [low, high] = [0, made.wire.getTotalLength()];
    while (high - low > 0.5) {
      const along = (low + high) / 2;
      if (made.wire.getPointAtLength(along).x < middle) low = along;
      else high = along;
    }
    const text = label(middle, made.wire.getPointAtLength(low).y + 5, written(value), "tag");
    this.tags.append(text);
  }

  /** A dot runs along the line, in the direction in which the number is passed. @param {Step} step */
  run(step) {
    const made = step?.kind === "pass" && this.wires.get(step.link);
    if (!made || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const length = made.wire.getTotalLength();
    const started = performance.now();
    this.running = step;
    const frame = (/** @type {number} */ now) => {
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

  /** @param {Part | null} node */
  pick(node) {
    for (const picked of this.svg.querySelectorAll(".picked")) picked.classList.remove("picked");
    if (!node) return;
    const through = this.story.between(node);
    for (const part of through) {
      this.shapes.get(part)?.group.classList.add("picked");
      for (const link of this.story.shares(part)) this.wires.get(link)?.group.classList.add("picked");
    }
  }

  /** Where a step happens, for the camera. @param {Step | undefined} step @returns {Box | null} */
  areaOf(step) {
    if (!step) return null;
    const ends =
      step.kind === "value"
        ? [step.node, ...step.node.inputs.map((link) => link.from)]
        : step.kind === "pass"
          ? [step.link.from, step.link.to, this.wires.get(step.link)?.from]
          : [this.story.cost];
    const boxes = ends.flatMap((node) => (node?.box && this.shapes.has(node) ? [node.box] : []));
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

/** @param {Part} node */
const widthOf = (node) => (node.kind === "a" ? UNIT.width : node.kind === "bias" ? 56 : 84);

/** @param {string} name */
const shortened = (name) => (name.length > 22 ? `${name.slice(0, 21)}…` : name);
