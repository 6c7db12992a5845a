// Downhill: θ ← θ − α ∂J/∂θ, with the cost curve; beside it the same steps with a mistake.

const CURVE = { width: 360, height: 150, left: 44, bottom: 22, top: 10, right: 10 };

class Descent {
  /** @param {Story} story @param {State} state @param {Wrong} wrong @param {() => void} changed */
  constructor(story, state, wrong, changed) {
    this.story = story;
    this.state = state;
    this.wrong = wrong;
    this.changed = changed;
    /** @type {number[]} */ this.curve = [];
    /** @type {Matrix[]} the weights of the run with the mistake */ this.theirs = [];
    /** @type {number[]} */ this.theirCurve = [];
    /** @type {number[][]} earlier curves, to compare with */ this.kept = [];
    this.reset();
    byId("down").addEventListener("click", () => this.step(1));
    byId("down10").addEventListener("click", () => this.step(10));
    byId("keep").addEventListener("click", () => {
      this.kept.push([...this.curve]);
      this.draw();
    });
  }

  /** A new curve from here; both runs start from the same weights. */
  reset() {
    this.curve = [this.story.cost.value];
    this.theirs = this.state.thetas(true);
    this.theirCurve = [this.story.cost.value];
    this.draw();
  }

  /** @param {number} count */
  step(count) {
    const rate = Number(byId("rate").value);
    if (!(rate > 0 && Number.isFinite(rate))) {
      byId("curve-words").textContent = "The rate α must be a number above 0.";
      return;
    }
    this.state.mark();
    for (let k = 0; k < count; k += 1) {
      const slopes = this.story.leaves.map((node) => (node.kind === "theta" ? node.grad ?? 0 : 0));
      this.story.leaves.forEach((node, i) => {
        if (node.kind === "theta") node.value -= rate * slopes[i];
      });
      compute(this.story);
      this.curve.push(this.story.cost.value);
      if (this.wrong.run) {
        this.theirs = this.wrong.stepped(this.theirs, rate);
        this.theirCurve.push(this.wrong.costAt(this.theirs));
      }
    }
    this.draw();
    this.changed();
  }

  draw() {
    const both = this.wrong.run ? [this.curve, this.theirCurve] : [this.curve];
    const all = [...this.kept, ...both];
    const most = Math.max(...all.flat().filter(Number.isFinite)) || 1;
    const steps = Math.max(...all.map((curve) => curve.length - 1), 1);
    const { width, height, left, bottom, top, right } = CURVE;
    const x = (/** @type {number} */ k) => left + ((width - left - right) * k) / steps;
    const y = (/** @type {number} */ v) => height - bottom - ((height - bottom - top) * Math.min(v, most)) / most;
    const svg = byId("curve");
    svg.replaceChildren(
      drawn("path", { class: "axis", d: `M${left} ${top}V${height - bottom}H${width - right}` }),
      label(left - 6, y(most) + 4, written(most, 3), "end"),
      label(left - 6, y(0) + 4, "0", "end"),
      label(width - right, height - 5, `${steps} step${steps > 1 ? "s" : ""}`, "end"),
      label(left - 6, (top + height - bottom) / 2 + 4, "J", "end"),
    );
    const line = (/** @type {number[]} */ curve) => curve.map((v, n) => `${n ? "L" : "M"}${x(n).toFixed(1)} ${y(v).toFixed(1)}`).join("");
    svg.append(...this.kept.map((curve) => drawn("path", { class: "kept", d: line(curve) })));
    both.forEach((curve, k) => {
      const path = line(curve);
      const [last, at] = [curve[curve.length - 1], curve.length - 1];
      svg.append(drawn("path", { class: k ? "theirs" : "ours", d: path }), drawn("circle", { class: k ? "theirs" : "ours", cx: x(at), cy: y(last), r: 3.5 }));
    });
    byId("curve-words").textContent = this.words();
  }

  words() {
    const last = this.curve.length - 1;
    const ours = `J after ${last} step${last === 1 ? "" : "s"}: ${written(this.curve[last])}`;
    if (last === 0) return "Every θ moves against its own slope: θ ← θ − α ∂J/∂θ, all at once.";
    if (!this.wrong.run) return `${ours}, from ${written(this.curve[0])}.`;
    return `${ours} with the right gradient, ${written(this.theirCurve[this.theirCurve.length - 1])} with the mistaken one (dotted).`;
  }
}
