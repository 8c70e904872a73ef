// Draws the plots. Vega runs without eval (`ast`), so the page's policy can forbid it.
(() => {
  "use strict";
  const read = (figure, name) => JSON.parse(figure.querySelector(`script.${name}`).textContent);

  // --- names that fit, no two of them alike -----------------------------------------------------
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "12px system-ui, sans-serif";
  const fits = (text, room) => pen.measureText(text).width <= room;

  // Cut in the middle: rows of a table begin alike, and end with what tells them apart.
  const cut = (name, most, from = 0) => {
    const letters = [...name];
    if (letters.length <= most) return name;
    const head = Math.ceil((most - 1) * (from ? 0.25 : 0.55));
    const tail = most - 1 - head;
    const rest = from > head && from + tail < letters.length ?
      letters.slice(from, from + tail) : letters.slice(letters.length - tail);
    return `${letters.slice(0, head).join("")}…${rest.join("")}`;
  };

  const within = (name, room, from = 0) => {
    let most = [...name].length;
    while (most > 4 && !fits(cut(name, most, from), room)) most -= 1;
    return cut(name, most, from);
  };

  const differs = (name, other) => {
    const letters = [...other];
    return [...name].findIndex((letter, place) => letter !== letters[place]);
  };

  const shortened = (names, room) => {
    const shown = new Map();
    const owner = new Map();
    for (const name of new Set(names)) {
      let text = within(name, room);
      if (owner.has(text)) text = within(name, room, Math.max(differs(name, owner.get(text)), 1));
      for (let number = 2, plain = text; owner.has(text); number += 1) text = `${plain} #${number}`;
      owner.set(text, name);
      shown.set(name, text);
    }
    return shown;
  };

  const values = (spec) => spec.data?.values ?? [];
  const names = (spec) => values(spec).map(({ row }) => row).filter((row) => row !== undefined);

  // On a phone, names leave room for the plot.
  const fitLabels = (spec, width) => {
    const room = Math.round(Math.min(300, width * 0.5));
    spec.config.axisY = { labelLimit: room + 40 };
    const axis = spec.encoding?.y?.field === "row" && spec.encoding.y.axis;
    if (axis) {
      const shown = JSON.stringify(Object.fromEntries(shortened(names(spec), room)));
      axis.labelExpr = `(${shown})[datum.value]`;
    }
    const written = (spec.layer ?? []).find(({ encoding }) => encoding?.text?.field === "row");
    if (written) {
      const shown = shortened(names(spec), Math.max(room, 150));
      for (const point of values(spec)) point.shown = shown.get(point.row);
      written.encoding.text.field = "shown";
      delete written.mark.limit;
    }
  };

  // --- names beside points: each where no other is, above, below or a line farther ----------------
  const STEPS = [0, 27, -14, 41, -28, 55, -42, 69];
  const meet = (one, other) => one.left < other.right && other.left < one.right &&
    one.top < other.bottom && other.top < one.bottom;

  const spread = (drawing) => {
    const frame = drawing.querySelector("svg")?.getBoundingClientRect();
    const placed = [...drawing.querySelectorAll(".mark-symbol.role-mark path")]
      .map((path) => path.getBoundingClientRect());
    for (const text of drawing.querySelectorAll(".mark-text.role-mark text")) {
      text.style.translate = "";
      const box = text.getBoundingClientRect();
      const at = (x, y) => new DOMRect(box.x + x, box.y + y, box.width, box.height);
      const aside = Math.max(frame.left - box.left, 0) - Math.max(box.right - frame.right, 0);
      const step = STEPS.find((y) => !placed.some((other) => meet(at(aside, y), other))) ?? 0;
      text.style.translate = `${aside}px ${step}px`;
      placed.push(at(aside, step));
    }
  };

  const draw = async (figure, spec) => {
    const drawing = figure.querySelector(".drawing");
    fitLabels(spec, drawing.clientWidth);
    const options = {
      ast: true, actions: false, renderer: "svg", mode: "vega-lite", defaultStyle: false,
      tooltip: window.leaderboardTip,
    };
    try {
      const { view } = await window.vegaEmbed(drawing, spec, options);
      if (figure.querySelector(".mark-text.role-mark")) {
        spread(drawing);
        view.addResizeListener(() => view.runAfter(() => spread(drawing)));
      }
      figure.dataset.drawn = "yes";
      return view;
    } catch (error) {
      drawing.textContent = "This plot could not be drawn.";
      throw error;
    }
  };

  const drawPlain = async (figure) => {
    const spec = read(figure, "spec");
    const lists = [...figure.querySelectorAll("select")];
    // A browser may keep what was chosen before the page was loaded again.
    for (const list of lists) {
      spec.params.find(({ name }) => name === list.dataset.parameter).value = list.value;
    }
    const view = await draw(figure, spec);
    for (const list of lists) {
      list.addEventListener("change", () => {
        view.signal(list.dataset.parameter, list.value).runAsync();
      });
    }
  };

  window.leaderboardPlots = { read, draw };
  document.querySelectorAll("figure[data-plot]").forEach(drawPlain);
})();
