// Predict, then reveal: a question before a step, and the count of right answers.

/** @typedef {{text: string, answers: string[], right: number}} Question */

class Predict {
  /** @param {Story} story */
  constructor(story) {
    this.story = story;
    this.asked = 0;
    this.right = 0;
    /** @type {Question | null} */ this.question = null;
  }

  get on() {
    return byId("guess").checked;
  }

  /** The question before a step; null where nothing is worth guessing. @param {Step | undefined} step @returns {Question | null} */
  about(step) {
    if (!step || step.kind === "seed") return null;
    if (step.kind === "value") {
      const { kind, label: name, value } = step.node;
      if (kind === "z") return signOf(name, value);
      return kind === "a" ? { text: `Will ${name} be above ½?`, answers: ["yes", "no"], right: value > 0.5 ? 0 : 1 } : null;
    }
    const { from } = step.link;
    if (from.kind !== "z" && from.kind !== "theta") return null;
    const before = from.kind === "z" && this.story.find("z", from.layer, from.indices[0] - 1);
    if (!before || before.grad === null) return signOf(from.slope, from.grad ?? 0);
    return {
      text: `Will ${from.slope} be larger than ${before.slope} = ${written(before.grad)}, whatever their signs?`,
      answers: ["yes", "no"],
      right: Math.abs(from.grad ?? 0) > Math.abs(before.grad) ? 0 : 1,
    };
  }

  /** Put the question; `answered` is called with the verdict. @param {Question} question @param {(verdict: string) => void} answered */
  ask(question, answered) {
    this.question = question;
    const buttons = question.answers.map((text, k) => {
      const button = element("button", { type: "button" }, text);
      button.addEventListener("click", () => {
        this.asked += 1;
        if (k === question.right) this.right += 1;
        const verdict = k === question.right ? "Right." : `No: ${question.answers[question.right]}.`;
        this.withdraw();
        answered(verdict);
      });
      return button;
    });
    byId("question").replaceChildren(element("p", {}, question.text), element("div", { class: "bar" }, ...buttons));
    byId("question").hidden = false;
    buttons[0].focus();
    this.count();
  }

  withdraw() {
    this.question = null;
    byId("question").hidden = true;
    byId("question").replaceChildren();
    this.count();
  }

  count() {
    byId("score").textContent = this.asked ? `${this.right} of ${this.asked} right` : "";
  }
}

/** @param {string} name @param {number} value @returns {Question | null} */
const signOf = (name, value) =>
  value === 0 ? null : { text: `Will ${name} be positive or negative?`, answers: ["positive", "negative"], right: value > 0 ? 0 : 1 };
