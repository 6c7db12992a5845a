// The student's code beside the graph: the line that computes what this step computes.

/** @param {Step | undefined} step */
function showLine(step) {
  const lines = document.querySelectorAll("#code li");
  if (!lines.length) return;
  const symbol = symbolOf(step);
  /** @type {Element | null} */ let first = null;
  for (const line of lines) {
    const lit = symbol !== "" && (line.getAttribute("data-computed") ?? "").includes(symbol);
    line.classList.toggle("lit", lit);
    if (lit) first ??= line;
  }
  first ??= document.querySelector("#code li.wrong");
  const list = byId("code-lines");
  if (first instanceof HTMLElement) list.scrollTop = first.offsetTop - list.clientHeight / 2;
}

/** What a program calls the array that this step fills: z⁽²⁾, a⁽²⁾, δ⁽²⁾, D⁽¹⁾. @param {Step | undefined} step */
function symbolOf(step) {
  if (!step || step.kind === "seed") return "";
  const { kind, layer } = step.kind === "value" ? step.node : step.link.from;
  /** @type {Record<string, string>} */
  const letters = step.kind === "value" ? { z: "z", a: "a", cost: "J" } : { z: "δ", theta: "D" };
  const letter = letters[kind];
  return letter === "J" ? "J" : letter ? `${letter}⁽${raised(layer)}⁾` : "";
}
