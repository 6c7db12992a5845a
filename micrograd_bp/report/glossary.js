// The page's words: each is defined once, in the list at its end, and shown wherever it stands.

class Glossary {
  constructor() {
    /** @type {Map<string, string>} */ this.meanings = new Map();
    for (const term of document.querySelectorAll("#glossary dt")) {
      this.meanings.set(term.textContent ?? "", term.nextElementSibling?.textContent ?? "");
    }
    const words = [...this.meanings.keys()].sort((a, b) => b.length - a.length);
    this.pattern = words.length ? new RegExp(`(?<![\\p{L}])(${words.join("|")})(?![\\p{L}])`, "u") : /$^/;
  }

  /** A text in which the first place of each known word shows its meaning. @param {string} text @returns {(Node | string)[]} */
  marked(text) {
    /** @type {(Node | string)[]} */ const parts = [];
    const seen = new Set();
    let rest = text;
    for (let found = this.pattern.exec(rest); found; found = this.pattern.exec(rest)) {
      const word = found[1];
      parts.push(rest.slice(0, found.index));
      parts.push(seen.has(word) ? word : element("span", { class: "term", "data-meaning": this.meanings.get(word) ?? "" }, word));
      seen.add(word);
      rest = rest.slice(found.index + word.length);
    }
    return [...parts, rest];
  }
}
