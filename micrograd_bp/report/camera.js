// Zoom and pan: the view box of the picture.

class Camera {
  /** @param {any} svg @param {{width: number, height: number}} picture */
  constructor(svg, picture) {
    this.svg = svg;
    this.whole = { x: 0, y: 0, width: picture.width, height: picture.height };
    svg.style.aspectRatio = `${picture.width} / ${Math.max(picture.height, picture.width / 3.4)}`;
    /** @type {Box} */ this.view = { ...this.whole };
    this.fit();
    /** @type {Map<number, PointerEvent>} */ this.pointers = new Map();
    this.moved = 0; // by the last press, in pixels: a drag is no click
    svg.addEventListener(
      "wheel",
      (/** @type {WheelEvent} */ event) => {
        if (!event.ctrlKey && document.activeElement !== svg) return;
        event.preventDefault();
        this.zoom(event.deltaY < 0 ? 1 / 1.15 : 1.15, this.point(event));
      },
      { passive: false },
    );
    svg.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      this.moved = 0;
      // what can be touched is moved by the hand, not the view
      if (!(/** @type {Element} */ (event.target).closest(".touchable"))) this.pointers.set(event.pointerId, event);
    });
    addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) {
      addEventListener(end, (event) => this.pointers.delete(/** @type {PointerEvent} */ (event).pointerId));
    }
  }

  /** @param {Box} view */
  set(view) {
    this.view = view;
    this.svg.setAttribute("viewBox", [view.x, view.y, view.width, view.height].map((v) => v.toFixed(2)).join(" "));
  }

  fit() {
    this.set({ ...this.whole });
  }

  /** Units of the drawing per pixel: the picture is fitted into the element, centred. */
  scale() {
    const { width, height } = this.svg.getBoundingClientRect();
    return Math.max(this.view.width / width, this.view.height / height);
  }

  /** @param {MouseEvent} event */
  point(event) {
    const box = this.svg.getBoundingClientRect();
    const scale = this.scale();
    return {
      x: this.view.x + this.view.width / 2 + (event.clientX - box.x - box.width / 2) * scale,
      y: this.view.y + this.view.height / 2 + (event.clientY - box.y - box.height / 2) * scale,
    };
  }

  /** @param {number} times @param {{x: number, y: number}} [about] */
  zoom(times, about = { x: this.view.x + this.view.width / 2, y: this.view.y + this.view.height / 2 }) {
    const { x, y, width, height } = this.view;
    const limited = Math.min(Math.max(width * times, 150), this.whole.width * 1.5) / width;
    this.set({
      x: about.x + (x - about.x) * limited,
      y: about.y + (y - about.y) * limited,
      width: width * limited,
      height: height * limited,
    });
  }

  /** @param {PointerEvent} event */
  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const others = [...this.pointers.values()].filter((p) => p.pointerId !== event.pointerId);
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    this.moved += Math.abs(dx) + Math.abs(dy);
    if (others.length === 1) {
      const apart = (/** @type {PointerEvent} */ p) => Math.hypot(p.clientX - others[0].clientX, p.clientY - others[0].clientY);
      if (apart(event) > 0) this.zoom(apart(before) / apart(event));
    } else if (!others.length && this.moved > 4) {
      const scale = this.scale();
      this.set({ ...this.view, x: this.view.x - dx * scale, y: this.view.y - dy * scale });
    }
    this.pointers.set(event.pointerId, event);
  }

  /** A readable excerpt around an area, at the proportions of the element. @param {Box | null} area */
  lookAt(area) {
    if (!area) return this.fit();
    const box = this.svg.getBoundingClientRect();
    const ratio = box.height / box.width || 0.5;
    const width = Math.max(area.width + 60, (area.height + 50) / ratio, 420, box.width / 1.25);
    this.set({
      x: area.x + area.width / 2 - width / 2,
      y: area.y + area.height / 2 - (width * ratio) / 2,
      width,
      height: width * ratio,
    });
  }
}
