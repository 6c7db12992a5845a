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

  table.tHead.addEventListener("click", (/** @type {any} */ event) => {
    const header = event.target.closest("th");
    if (header && event.target.closest("button")) sortBy(table, header);
    show();
  });
  filter.addEventListener("change", show);
  all.addEventListener("click", () => {
    everything = !everything;
    show();
  });
  show();
}

/** Sort by a column, downward at first, then upward; what is missing stands last. @param {any} table @param {any} header */
function sortBy(table, header) {
  const column = header.cellIndex;
  const direction = header.getAttribute("aria-sort") === "descending" ? "ascending" : "descending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", direction);
  const sign = direction === "ascending" ? 1 : -1;
  const key = (/** @type {any} */ row) => row.cells[column].dataset.v;
  const compare = (/** @type {any} */ a, /** @type {any} */ b) => {
    if (key(a) === "" || key(b) === "") return Number(key(a) === "") - Number(key(b) === "");
    const [first, second] = [key(a), key(b)].map((text) => Number(text.replace("inf", "Infinity")));
    const difference = first - second;
    if (first === second) return 0; // and not ∞ − ∞
    return sign * (Number.isNaN(difference) ? key(a).localeCompare(key(b)) : difference);
  };
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compare));
}
