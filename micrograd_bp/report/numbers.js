// Numbers and elements. Whatever comes from the data is set as text, never as markup.

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A number for people: four significant digits, −1.234×10⁻⁵ for the very small.
 * @param {number} value @param {number} [digits] @returns {string} */
function written(value, digits = 4) {
  if (value === 0) return "0";
  const sign = value < 0 ? "−" : "";
  if (!Number.isFinite(value)) return `${sign}∞`;
  const [mantissa, exponent] = Math.abs(value).toExponential(digits - 1).split("e");
  const power = Number(exponent);
  const short = (/** @type {string} */ text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (power >= -3 && power < digits) {
    return sign + short(Math.abs(value).toFixed(digits - 1 - power));
  }
  return `${sign}${short(mantissa)}×10${power < 0 ? "⁻" : ""}${raised(Math.abs(power))}`;
}

/** @param {number} number */
const raised = (number) => String(number).replace(/\d/g, (digit) => RAISED[Number(digit)]);

/** A negative factor stands in parentheses. @param {number} value */
const factor = (value) => (value < 0 ? `(${written(value)})` : written(value));

/** A change, with its sign in front. @param {number} value */
const signed = (value) => (value > 0 ? `+${written(value)}` : written(value));

/** @param {string[]} terms @param {number} [most] */
const sumOf = (terms, most = 6) =>
  (terms.length > most ? [...terms.slice(0, most - 1), "…", terms[terms.length - 1]] : terms).join(" + ");

/** @typedef {Record<string, string | number>} Attributes */

/** @param {string} name @param {Attributes} [attributes] @param {(Node | string)[]} children @returns {HTMLElement} */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** @param {string} name @param {Attributes} [attributes] @param {(Node | string)[]} children @returns {any} */
function drawn(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** A text in a drawing. @param {number} x @param {number} y @param {string} text @param {string} kind */
const label = (x, y, text, kind) => drawn("text", { x, y, class: kind }, text);

/** The element of this id, of whatever kind the caller knows it to be. @param {string} id @returns {any} */
const byId = (id) => document.getElementById(id);

/** A table that scrolls sideways by itself. @param {string} name @param {string[]} head
 * @param {(string | [string, number])[][]} rows @param {(string | [string, number])[][]} [foot] */
function tableOf(name, head, rows, foot = []) {
  const cell = (/** @type {string | [string, number]} */ text, /** @type {string} */ kind) =>
    typeof text === "string" ? element(kind, {}, text) : element(kind, { colspan: text[1] }, text[0]);
  const line = (/** @type {(string | [string, number])[]} */ [first, ...others]) => {
    const heading = cell(first, "th");
    heading.setAttribute("scope", "row");
    return element("tr", {}, heading, ...others.map((text) => cell(text, "td")));
  };
  const table = element("table", {});
  if (head.length) {
    table.append(element("thead", {}, element("tr", {}, ...head.map((text) => element(text ? "th" : "td", text ? { scope: "col" } : {}, text)))));
  }
  table.append(element("tbody", {}, ...rows.map(line)));
  if (foot.length) table.append(element("tfoot", {}, ...foot.map(line)));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name }, table);
}
