// The player: a position among the steps, and everything that follows from it.

const LARGEST_SCALE = 1.25; // units of the picture per pixel, above which its text of 14 is too small to read

class Player {
  /** @param {Story} story */
  constructor(story) {
    this.story = story;
    this.words = new Words(story);
    this.state = new State(story);
    this.svg = byId("net");
    this.picture = new Picture(this.svg, story);
    this.camera = new Camera(this.svg, this.picture);
    this.glossary = new Glossary();
    this.predict = new Predict(story);
    this.wrong = new Wrong(story, this.state);
    this.touch = new Hand(story, this.state, this);
    this.descent = new Descent(story, this.state, this.wrong, () => this.replaced());
    this.at = 0;
    this.together = 1;
    this.verdict = "";
    /** @type {ReturnType<typeof setInterval> | undefined} */ this.timer = undefined;
    /** @type {Part | null} */ this.target = null;
    /** @type {Step[]} */ this.steps = [];
    this.ready = false; // whether the address may be written
    /** @type {string | undefined} */ this.address = undefined;
    fillLists(this);
    if (story.nodes.length > 400) byId("stride").value = "layer";
    byId("camera").checked = this.camera.scale() > LARGEST_SCALE;
    this.wrong.chooseFound();
    this.choose("");
    listen(this);
    this.showWrong();
    readAddress(this);
  }

  /** @param {number} times */
  zoom(times) {
    byId("camera").checked = false;
    this.camera.zoom(times);
  }

  fit() {
    byId("camera").checked = false;
    this.camera.fit();
  }

  /** A sheet that was not stepped through shows all numbers. */
  toPaper() {
    this.camera.fit();
    if (this.at > 0) return;
    this.picture.show(this.everything(), undefined);
    const J = this.story.cost;
    this.write({ kind: "all values and slopes", rule: `${J.label} = ${written(J.value)}`, why: "" }, "", undefined);
  }

  /** Every step, or only those between the cost and one weight (then forward is done already). @param {string} id */
  choose(id) {
    this.play(false);
    this.target = id === "" ? null : this.story.nodes[Number(id)];
    this.steps = this.story.steps(this.target);
    byId("slider").max = this.steps.length;
    if (this.target) this.pick(id);
    this.go(0);
  }

  /** Look at a part: its explanation, its ways to J, and the dial if it can be moved. @param {string} id */
  pick(id) {
    byId("pick").value = id;
    const node = id === "" ? null : this.story.nodes[Number(id)];
    this.picture.pick(node);
    this.touch.take(node);
    this.explain(node);
  }

  /** @param {Part | null} node */
  explain(node) {
    byId("explained").replaceChildren(...(node ? new Explanation(this.story, this.words).of(node) : []));
  }

  /** The numbers were moved by hand: everything is shown, and what the hand acts on is lit. @param {boolean} settled */
  changed(settled) {
    this.play(false);
    this.wrong.update();
    const moved = this.touch.node ? this.story.between(this.touch.node) : undefined;
    this.picture.show(this.everything(), undefined, settled ? undefined : moved);
    this.write(this.touch.caption(), "", undefined);
    this.touch.show();
    if (!settled) return;
    this.explain(this.touch.node ?? this.picked());
    this.descent.reset();
    this.showWrong();
    writeAddress(this);
  }

  picked() {
    const id = byId("pick").value;
    return id === "" ? null : this.story.nodes[Number(id)];
  }

  /** All numbers are others now: undo, rewind, an example, a step downhill. */
  replaced() {
    this.wrong.update();
    this.touch.begin();
    this.touch.show();
    this.explain(this.picked());
    this.showWrong();
    this.show();
    if (this.at === 0 && this.state.changed()) {
      this.picture.show(this.everything(), undefined);
      this.write({ kind: "changed", rule: `J = ${written(this.story.cost.value)}`, why: "All numbers are those of the changed state. Step through them, or undo." }, "", undefined);
    }
    writeAddress(this);
  }

  /** On or back by one share, unit or layer. @param {number} direction */
  move(direction) {
    const stride = byId("stride").value;
    let to = this.at + direction;
    if (stride !== "share") {
      const group = (/** @type {number} */ k) => /** @type {any} */ (this.steps[k - 1])?.[stride];
      if (direction > 0) while (to < this.steps.length && group(to + 1) === group(to)) to += 1;
      else while (to > 0 && group(to + 1) === group(to)) to -= 1;
    }
    to = Math.min(Math.max(to, 0), this.steps.length);
    const question = direction > 0 && to > this.at && this.predict.on && !this.predict.question ? this.predict.about(this.steps[to - 1]) : null;
    if (question) {
      this.play(false);
      this.predict.ask(question, (verdict) => this.arrive(to, direction, verdict));
    } else this.arrive(to, direction);
  }

  /** @param {number} to @param {number} direction @param {string} [verdict] of a guess */
  arrive(to, direction, verdict = "") {
    this.go(to, direction > 0 ? to - this.at : 1, verdict);
    if (direction > 0) this.picture.run(this.steps[this.at - 1]);
    byId("step").scrollIntoView({ block: "nearest" });
    if (verdict) byId("next").focus();
  }

  /** From the cost back to the first weight of an input, which is what a newcomer should see first. */
  tour() {
    const first = /** @type {Part} */ (this.story.nodes.find((node) => node.kind === "theta" && node.indices[1] > 0));
    byId("follow").value = first.id;
    this.choose(String(first.id));
    this.play(true);
  }

  /** To the next step that the mistake spoils, from the last one to the first. */
  nextStrike() {
    const places = this.steps.flatMap((step, k) => (this.wrong.at(step) ? [k + 1] : []));
    if (places.length) this.go(places.find((place) => place > this.at) ?? places[0]);
  }

  /** @param {boolean} on */
  play(on) {
    clearInterval(this.timer);
    this.timer = undefined;
    if (on) {
      if (this.at === this.steps.length) this.go(0);
      this.move(1);
      this.timer = setInterval(() => {
        this.move(1);
        if (this.at === this.steps.length) this.play(false);
      }, Number(byId("speed").value));
    }
    // While playing, a screen reader is not interrupted at every step.
    byId("step").setAttribute("aria-live", on ? "off" : "polite");
    byId("play").setAttribute("aria-pressed", String(on));
  }

  /** @returns {Known} what is known after the steps so far */
  known() {
    const known = new Set(this.story.nodes.filter((node) => this.target || !node.inputs.length));
    const grads = new Map();
    for (const step of this.steps.slice(0, this.at)) {
      if (step.kind === "value") known.add(step.node);
      else if (step.kind === "seed") grads.set(this.story.cost, { value: 1, received: 1, expected: 1 });
      else {
        const node = step.link.from;
        const before = grads.get(node) || { value: 0, received: 0 };
        grads.set(node, { value: before.value + step.link.share, received: before.received + 1, expected: this.story.shares(node).length });
      }
    }
    return { known, grads, complete: this.at === this.steps.length };
  }

  /** @returns {Known} */
  everything() {
    const given = this.story.nodes.filter((node) => node === this.story.cost || this.story.shares(node).length);
    const grads = new Map(given.map((node) => [node, { value: node.grad ?? 0, received: 1, expected: 1 }]));
    return { known: new Set(this.story.nodes), grads, complete: true };
  }

  /** `together` is how many steps were taken at once to get there.
   * @param {number} position @param {number} [together] @param {string} [verdict] */
  go(position, together = 1, verdict = "") {
    this.at = position;
    this.together = together;
    this.verdict = verdict;
    if (this.predict.question) this.predict.withdraw();
    this.show();
    writeAddress(this);
  }

  show() {
    const step = this.steps[this.at - 1];
    const known = this.known();
    this.picture.show(known, step);
    this.say(step, known);
    const slider = byId("slider");
    slider.value = this.at;
    slider.setAttribute("aria-valuetext", `step ${this.at} of ${this.steps.length}: ${byId("rule").textContent.split("\n")[0]}`);
    byId("count").textContent = `${this.at} / ${this.steps.length}`;
    byId("back").disabled = byId("first").disabled = this.at === 0;
    byId("next").disabled = byId("last").disabled = this.at === this.steps.length;
    if (byId("camera").checked) this.look();
    showLine(step);
  }

  look() {
    this.camera.lookAt(this.picture.areaOf(this.steps[this.at - 1]));
  }

  /** @param {Step | undefined} step @param {Known} known */
  say(step, known) {
    if (!step) return this.write(this.opening(), "", step);
    if (step.kind === "value") return this.write(this.headed(this.words.value(step.node), "Forward", step), "fwd", step);
    if (step.kind === "seed") return this.write(this.headed(this.words.seed(), "Backward", step), "bwd", step);
    const grad = known.grads.get(step.link.from);
    const words = this.words.pass(step.link, grad?.value ?? 0, grad?.received ?? 0);
    return this.write(this.headed(words, "Backward", step), "bwd", step);
  }

  /** @returns {Caption} */
  opening() {
    const goal = this.target;
    if (!goal) return { kind: "start", rule: "The inputs, targets and weights are given", why: "“step” works out the first weighted input." };
    return {
      kind: `following ${goal.slope}`,
      rule: `From ${this.story.cost.label} back to ${goal.label}`,
      why: "All values are known. Only the parts through which this weight acts on the cost are stepped through.",
    };
  }

  /** @param {Caption} words @param {string} phase @param {Step | undefined} step */
  write(words, phase, step) {
    const spoiled = this.wrong.words(step, this.whose());
    byId("step").className = `step ${phase} ${spoiled ? "spoiled" : ""}`;
    byId("kind").textContent = words.kind;
    byId("rule").textContent = words.rule;
    byId("spoiled").textContent = spoiled;
    byId("spoiled").hidden = !spoiled;
    byId("why").replaceChildren(...(this.verdict ? [element("strong", {}, `${this.verdict} `)] : []), ...this.glossary.marked(words.why));
    const whole = step?.kind === "pass" && this.story.isEquation2(step.link) ? step.link : null;
    byId("whole").hidden = !whole;
    if (!whole) return;
    const shares = this.story.shares(whole.to);
    const bars = stackedBar(shares.map((s) => s.to), shares.map((s) => s.share), whole.to.grad ?? 0, whole.from.slope, whole.from.grad ?? 0);
    byId("whole").replaceChildren(element("p", { class: "formula" }, this.words.equation2(whole).join("\n")), bars);
  }

  whose() {
    return this.wrong.found ? "yours" : "with the mistake";
  }

  /** @param {Caption} words @param {string} phase @param {Step} step */
  headed(words, phase, step) {
    const spoiled = this.wrong.at(step) ? " · the mistake strikes here" : "";
    const together = this.together > 1 ? ` · the last of ${this.together} steps taken at once` : "";
    const matrices = this.together > 1 && byId("stride").value === "layer" ? this.words.matrices(step) : "";
    return {
      ...words,
      kind: `${phase} · ${words.kind}${spoiled}${together}`,
      rule: matrices ? `${matrices}\nat the end: ${words.rule}` : words.rule,
    };
  }

  /** The table of what parts, in the order in which it is computed. */
  showWrong() {
    const MOST = 14;
    const all = this.story.steps(null);
    const spoiled = all.flatMap((step) => {
      const both = this.wrong.at(step);
      return both ? [{ step, both }] : [];
    });
    byId("next-strike").hidden = !spoiled.length;
    if (!this.wrong.run && !spoiled.length) return byId("parted").replaceChildren();
    const rows = spoiled.map(({ step, both }) => {
      const name = step.kind === "value" ? step.node.label : step.kind === "pass" ? step.link.from.slope : "";
      const share = step.kind === "pass" && step.link.from.kind === "a" ? `, share of ${step.link.to.slope}` : "";
      return [name + share, written(both[0]), written(both[1])];
    });
    const words = rows.length
      ? `${rows.length} step${rows.length > 1 ? "s" : ""} of the ${all.length} part${rows.length > 1 ? "" : "s"} from the right ones, first ${rows[0][0]}.`
      : "On this example all numbers agree: the mistake does not show here.";
    byId("parted").replaceChildren(
      element("p", {}, words),
      ...(rows.length ? [tableOf("Where the numbers part", ["step", "right", this.whose()], rows.slice(0, MOST))] : []),
      ...(rows.length > MOST ? [element("p", { class: "hint" }, `and ${rows.length - MOST} more`)] : []),
    );
  }
}
