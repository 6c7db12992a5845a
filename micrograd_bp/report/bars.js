// Bars with a sign: filled to the right of zero, hatched to its left.

const BAR = { width: 360, row: 26, left: 8 };

/** Equation (2) as a picture: the shares stacked from zero, and the δ that is left of them times g′.
 * @param {Part[]} from @param {number[]} shares @param {number} sum @param {string} name @param {number} delta @returns {SVGElement} */
function stackedBar(from, shares, sum, name, delta) {
  const right = shares.filter((s) => s > 0).reduce((a, b) => a + b, 0);
  const left = shares.filter((s) => s < 0).reduce((a, b) => a + b, 0);
  const scale = BAR.width / Math.max(right - left, 1e-300);
  const zero = BAR.left - left * scale;
  const svg = drawn("svg", { class: "bars", viewBox: `0 0 ${BAR.width + 2 * BAR.left} ${3 * BAR.row + 12}`, role: "img" });
  svg.setAttribute("aria-label", `${name} = (${shares.map((s) => written(s)).join(" + ")}) g′ = ${written(delta)}`);
  let [plus, minus] = [zero, zero];
  shares.forEach((share, k) => {
    const width = Math.abs(share) * scale;
    const x = share >= 0 ? plus : minus - width;
    if (share >= 0) plus += width;
    else minus -= width;
    svg.append(bar(x, 0, width, share, `${from[k].label}`));
  });
  svg.append(...oneBar(zero, 1, sum * scale, sum, `Σ = ${written(sum)}`));
  svg.append(...oneBar(zero, 2, delta * scale, delta, `× g′: ${name} = ${written(delta)}`));
  svg.append(drawn("path", { class: "zero", d: `M${zero} 0V${3 * BAR.row + 6}` }));
  return svg;
}

/** @param {number} x @param {number} row @param {number} width @param {number} value @param {string} text */
function bar(x, row, width, value, text) {
  const y = 4 + row * BAR.row;
  const box = drawn("rect", { class: value < 0 ? "minus" : "plus", x, y, width: Math.max(width, 0.5), height: BAR.row - 8 });
  const group = drawn("g", {}, box, drawn("title", {}, `${text}: ${written(value)}`));
  if (width > 9 * text.length) group.append(label(x + width / 2, y + 13, text, "inside"));
  return group;
}

/** A bar from zero, its text after it, before it, or on it: where there is room. @param {number} zero
 * @param {number} row @param {number} width with its sign @param {number} value @param {string} text */
function oneBar(zero, row, width, value, text) {
  const [start, end] = [Math.min(zero, zero + width), Math.max(zero, zero + width)];
  const needed = 7.5 * text.length;
  const name = drawn("text", { y: 17 + row * BAR.row }, text);
  const [kind, x] =
    end + needed < BAR.width + BAR.left ? ["after", end + 6] : start - needed > 0 ? ["before", start - 6] : ["inside", (start + end) / 2];
  name.setAttribute("class", kind);
  name.setAttribute("x", String(x));
  return [bar(start, row, end - start, value, ""), name];
}

/** Two changes under each other, at the same scale: what the slope foretold, and what came.
 * @param {number} predicted @param {number} real @returns {SVGElement} */
function changeBars(predicted, real) {
  const scale = BAR.width / 2 / Math.max(Math.abs(predicted), Math.abs(real), 1e-300);
  const zero = BAR.left + BAR.width / 2;
  const svg = drawn("svg", { class: "bars", viewBox: `0 0 ${BAR.width + 2 * BAR.left} ${2 * BAR.row + 8}`, "aria-hidden": "true" });
  [predicted, real].forEach((value, row) => {
    const width = Math.abs(value) * scale;
    svg.append(bar(value < 0 ? zero - width : zero, row, width, value, ["foretold", "came"][row]));
  });
  svg.append(drawn("path", { class: "zero", d: `M${zero} 0V${2 * BAR.row + 4}` }));
  return svg;
}
