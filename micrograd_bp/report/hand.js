// The hand: a weight, an input, a target or a z is moved, and everything follows.

const MOVABLE = ["theta", "x", "y", "z"];
const PIXELS = 120; // of a drag for a change by 1; with Shift ten times as many
const REACH = 4; // of the dial, to either side of the value
const LARGEST = 1e6;

class Hand {
  /** @param {Story} story @param {State} state @param {Player} player */
  constructor(story, state, player) {
    this.story = story;
    this.state = state;
    this.player = player;
    /** @type {Part | null} */ this.node = null;
    /** @type {{value: number, grad: number, J: number, terms: number[]} | null} where the movement began */ this.origin = null;
    this.moving = false;
    this.marked = false;
    /** @type {{id: number, x: number, value: number} | null} */ this.grip = null;
    /** @type {string | undefined} */ this.pending = undefined;
    this.terms = story.nodes.filter((n) => n.kind === "term");
    this.listen();
  }

  listen() {
    const { svg } = this.player;
    svg.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      const part = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest(".touchable"));
      if (!part || event.button !== 0 || !part.dataset.node) return;
      this.grip = { id: event.pointerId, x: event.clientX, value: NaN };
      this.pending = part.dataset.node;
    });
    addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => this.release());
    byId("dial").addEventListener("pointerdown", () => this.begin());
    byId("dial").addEventListener("input", (/** @type {any} */ event) => this.move(Number(event.target.value)));
    byId("dial").addEventListener("change", () => this.player.changed(true));
    byId("exact").addEventListener("change", (/** @type {any} */ event) => {
      const value = Number(event.target.value);
      if (event.target.value.trim() === "" || !Number.isFinite(value)) return this.show();
      this.begin();
      this.move(value);
      this.player.changed(true);
    });
  }

  /** @param {PointerEvent} event */
  drag(event) {
    const { grip } = this;
    if (!grip || grip.id !== event.pointerId || !this.pending) return;
    const pixels = event.clientX - grip.x;
    if (!this.moving) {
      if (Math.abs(pixels) < 4) return;
      this.player.pick(this.pending);
      this.begin();
      grip.value = this.origin?.value ?? 0;
      grip.x = event.clientX;
      this.moving = true;
      return;
    }
    this.player.camera.moved = 10; // a drag is no click
    const narrow = this.node?.kind === "y" ? 0.5 : 1;
    this.move(grip.value + ((event.clientX - grip.x) / PIXELS) * narrow * (event.shiftKey ? 0.1 : 1));
  }

  release() {
    if (this.grip && this.moving) this.player.changed(true);
    this.grip = null;
    this.moving = false;
  }

  /** The part that is looked at; what can be moved gets the dial. @param {Part | null} node */
  take(node) {
    this.node = node && MOVABLE.includes(node.kind) ? node : null;
    this.begin();
    this.show();
  }

  /** Here a movement begins: its slope is the one that foretells. */
  begin() {
    const { node } = this;
    this.marked = false;
    this.origin = node && { value: node.value, grad: node.grad ?? 0, J: this.story.cost.value, terms: this.terms.map((t) => t.value) };
    if (node) {
      const dial = byId("dial");
      const bounded = node.kind === "y";
      dial.min = bounded ? 0 : Math.floor(node.value - REACH);
      dial.max = bounded ? 1 : Math.ceil(node.value + REACH);
    }
  }

  /** @param {number} value */
  move(value) {
    if (!this.node || !this.origin) return;
    if (!this.marked) this.state.mark();
    this.marked = true;
    this.state.set(this.node, Math.min(LARGEST, Math.max(-LARGEST, value)));
    this.player.changed(false);
  }

  /** What the slope foretold of J, and what came: [foretold, came]. @returns {[number, number]} */
  changes() {
    if (!this.node || !this.origin) return [0, 0];
    return [this.origin.grad * (this.node.value - this.origin.value), this.story.cost.value - this.origin.J];
  }

  show() {
    const { node, origin } = this;
    for (const id of ["dial", "exact"]) byId(id).disabled = !node;
    byId("effect").hidden = !node;
    byId("touch-hint").hidden = Boolean(node);
    if (!node || !origin) return;
    byId("dial").value = node.value;
    byId("dial").setAttribute("aria-valuetext", `${node.label} = ${written(node.value)}`);
    byId("exact").value = node.value;
    const [foretold, came] = this.changes();
    const step = node.value - origin.value;
    const slope = node.kind === "z" ? node.slope : `∂J/∂${node.label}`;
    byId("foretold").textContent = `${slope} · Δ = ${factor(origin.grad)} × ${factor(step)} = ${signed(foretold)}`;
    byId("came").textContent = `J: ${written(origin.J)} → ${written(this.story.cost.value)}, that is ${signed(came)}`;
    byId("terms").textContent = this.terms.map((t, k) => `${t.label} ${written(t.value)} (${signed(t.value - origin.terms[k])})`).join("   ");
    byId("change-bars").replaceChildren(...(step === 0 ? [] : [changeBars(foretold, came)]));
  }

  /** The caption while something is moved. @returns {Caption} */
  caption() {
    const { node, origin } = this;
    if (!node || !origin) return { kind: "changed", rule: `J = ${written(this.story.cost.value)}`, why: "" };
    const [foretold, came] = this.changes();
    const off = Math.abs(foretold - came);
    return {
      kind: "moved by hand",
      rule: `${node.label}: ${written(origin.value)} → ${written(node.value)}\nforetold by the slope: ${signed(foretold)}\nJ really changed by: ${signed(came)}`,
      why:
        off <= 0.05 * Math.abs(came)
          ? "The slope foretells a small change well: that is what a derivative is."
          : "The further the move, the more the curve bends away from its tangent: a slope holds where it was measured.",
    };
  }
}
