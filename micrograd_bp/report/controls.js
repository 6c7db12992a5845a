// Buttons, lists and keys of the player, and the address that holds its state.

/** @param {Player} player */
function fillLists(player) {
  const { story } = player;
  const option = (/** @type {Part} */ node) => element("option", { value: node.id }, node.label);
  const group = (/** @type {string} */ name, /** @type {Part[]} */ nodes) => element("optgroup", { label: name }, ...nodes.map(option));
  const thetas = story.nodes.filter((node) => node.kind === "theta");
  byId("follow").append(group("only what reaches the weight", thetas));
  byId("pick").append(
    element("option", { value: "" }, "choose a part"),
    group("units", story.nodes.filter((node) => node.kind !== "theta")),
    group("weights", thetas),
  );
  const names = player.wrong.offered();
  const { parts = [], seen = [] } = story.strike ?? {};
  if (parts.length || seen.length) byId("mistake").append(element("option", { value: "found" }, `found: ${parts.join(" and ") || "in your own run"}`));
  byId("mistake").append(element("option", { value: "" }, "none"), ...names.map((name) => element("option", { value: name }, name)));
  byId("example").append(...story.examples.map((_, k) => element("option", { value: k }, `${k + 1} of ${story.examples.length}`)));
  byId("example").value = story.example;
  byId("example").parentElement.hidden = story.examples.length < 2;
}

/** @param {Player} player */
function listen(player) {
  const on = (/** @type {string} */ id, /** @type {string} */ event, /** @type {(event: any) => void} */ action) => byId(id).addEventListener(event, action);
  on("next", "click", () => player.move(1));
  on("back", "click", () => player.move(-1));
  on("first", "click", () => player.go(0));
  on("last", "click", () => player.go(player.steps.length));
  on("play", "click", () => player.play(!player.timer));
  on("tour", "click", () => player.tour());
  on("next-strike", "click", () => player.nextStrike());
  on("slider", "input", (event) => player.go(Number(event.target.value)));
  on("follow", "change", (event) => player.choose(event.target.value));
  on("pick", "change", (event) => player.pick(event.target.value));
  on("camera", "change", () => (byId("camera").checked ? player.look() : player.camera.fit()));
  on("speed", "change", () => player.timer && player.play(true));
  on("zoom-in", "click", () => player.zoom(1 / 1.3));
  on("zoom-out", "click", () => player.zoom(1.3));
  on("fit", "click", () => player.fit());
  on("guess", "change", () => player.predict.question && player.predict.withdraw());
  on("net", "keydown", (event) => pressed(player, event));
  on("net", "click", (event) => {
    const part = event.target.closest("[data-node]");
    if (player.camera.moved <= 4) player.pick(part ? part.dataset.node : "");
  });
  listenToChanges(player, on);
  addEventListener("beforeprint", () => player.toPaper());
  addEventListener("afterprint", () => player.show());
  addEventListener("hashchange", () => readAddress(player));
}

/** What changes the numbers, and what is made of them.
 * @param {Player} player @param {(id: string, event: string, action: (event: any) => void) => void} on */
function listenToChanges(player, on) {
  const { state } = player;
  on("undo", "click", () => {
    state.undo();
    player.replaced();
    player.descent.reset();
  });
  on("rewind", "click", () => {
    state.rewind();
    byId("example").value = player.story.example;
    player.replaced();
    player.descent.reset();
  });
  on("example", "change", (event) => {
    const { x, y } = player.story.examples[Number(event.target.value)];
    state.mark();
    for (const node of state.story.leaves) {
      if (node.kind !== "theta") node.value = (node.kind === "x" ? x : y)[node.indices[0] - 1];
    }
    compute(player.story);
    player.replaced();
    player.descent.reset();
  });
  on("mistake", "change", (event) => {
    chooseMistake(player, event.target.value);
    writeAddress(player);
  });
  on("copy-link", "click", () => copied(location.href, "The link"));
  on("export", "click", () => {
    byId("python").textContent = state.python();
    byId("python").parentElement.hidden = false;
    copied(state.python(), "The script");
  });
}

/** @param {Player} player @param {string} name */
function chooseMistake(player, name) {
  if (name === "found") player.wrong.chooseFound();
  else player.wrong.choose(name ? [name] : []);
  player.descent.reset();
  player.showWrong();
  player.show();
}

/** @param {string} text @param {string} what */
async function copied(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    byId("copied").textContent = `${what} is on the clipboard.`;
  } catch {
    byId("copied").textContent = what === "The link" ? "The link is in the address bar." : `${what} stands below.`;
  }
}

/** @param {Player} player @param {KeyboardEvent} event */
function pressed(player, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  /** @type {Record<string, () => void>} */
  const actions = {
    ArrowRight: () => player.move(1),
    ArrowLeft: () => player.move(-1),
    Home: () => player.go(0),
    End: () => player.go(player.steps.length),
    " ": () => player.play(!player.timer),
    "+": () => player.zoom(1 / 1.3),
    "-": () => player.zoom(1.3),
    0: () => player.fit(),
    u: () => byId("undo").click(),
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

/** Write the state into the address, without a new entry in the history. @param {Player} player */
function writeAddress(player) {
  if (!player.ready) return;
  const link = new URLSearchParams();
  const short = player.state.write(link);
  byId("undo").disabled = !player.state.past.length;
  byId("rewind").disabled = !player.state.changed();
  if (player.target) link.set("follow", String(player.target.id));
  if (player.at) link.set("step", String(player.at));
  const mistake = byId("mistake").value;
  if (mistake && mistake !== "found") link.set("mistake", mistake);
  const text = short ? link.toString() : "";
  if (text === player.address) return;
  player.address = text;
  history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
}

/** Take the state from the address, if it holds one. @param {Player} player */
function readAddress(player) {
  player.ready = true;
  const text = location.hash.slice(1);
  if (text === player.address || (!text.includes("=") && player.address === undefined)) return writeAddress(player);
  if (!text.includes("=")) return; // a place on the page
  const link = new URLSearchParams(text);
  player.ready = false;
  player.state.read(link);
  const known = (/** @type {string} */ id, /** @type {string | null} */ value) => [...byId(id).options].some((o) => o.value === value);
  const [follow, mistake] = [link.get("follow"), link.get("mistake")];
  if (mistake && known("mistake", mistake)) byId("mistake").value = mistake;
  if (follow && known("follow", follow)) {
    byId("follow").value = follow;
    player.choose(follow);
  }
  chooseMistake(player, byId("mistake").value);
  player.replaced();
  const step = Number(link.get("step"));
  player.go(Number.isInteger(step) ? Math.min(Math.max(step, 0), player.steps.length) : 0);
  player.ready = true;
  writeAddress(player);
}
