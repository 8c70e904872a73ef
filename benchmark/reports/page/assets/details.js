// Details that unfold below a row. Those of measured rows are in the page; those of quoted rows
// are put together from facts that rows share.
(() => {
  "use strict";
  const view = window.leaderboard;

  const make = (tag, name, ...children) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    made.append(...children);
    return made;
  };

  // As wide as what is seen of a table that scrolls sideways.
  const fit = (cell) => {
    cell.style.setProperty("--seen", `${cell.closest(".scroll").clientWidth}px`);
  };

  const makeCopy = (button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = button.parentElement.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
        view.say("Copied");
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
        view.say("Selected; copy it with the keyboard");
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  };

  // --- quoted rows -----------------------------------------------------------------------------
  const quoted = new Map();
  const detailsOf = (board) => {
    if (!quoted.has(board)) {
      quoted.set(board, JSON.parse(board.querySelector("script.quotations").textContent));
    }
    return quoted.get(board);
  };

  const fact = ([term, value, meaning, url]) => {
    const shown = url.startsWith("http") ? make("a", "", value) : make("span", "value", value);
    if (shown.tagName === "A") { shown.href = url; shown.rel = "noreferrer noopener"; }
    const said = make("dd", "", shown);
    if (meaning) said.append(" ", make("small", "", meaning));
    return make("div", "", make("dt", "", term), said);
  };

  const copyable = ([heading, text]) => {
    const code = make("pre", "", make("code", "", text));
    code.tabIndex = 0;
    code.setAttribute("role", "group");
    code.setAttribute("aria-label", heading);
    const button = make("button", "copy", "Copy");
    button.type = "button";
    makeCopy(button);
    return make("section", "block copyable", make("h3", "", heading), code, button);
  };

  const put = (board, id) => {
    const { facts, texts, rows } = detailsOf(board);
    const [caution, blocks, copied] = rows[id];
    const parts = blocks.map(([heading, places]) => make(
      "section", "block", make("h3", "", heading),
      make("dl", "facts", ...places.map((place) => fact(facts[place]))),
    ));
    const all = make("div", "blocks", ...parts, ...copied.map((place) => copyable(texts[place])));
    return make("div", "details", ...(caution ? [make("p", "caution", caution)] : []), all);
  };

  // --- unfolding -------------------------------------------------------------------------------
  const moreOf = (body) => document.getElementById(`more-${body.id}`);
  const isOpen = (body) => Boolean(moreOf(body) && !moreOf(body).hidden);

  // Made when first opened: hundreds of rows need not be laid out before.
  const makeMore = (body, button) => {
    const board = body.closest("[data-board]");
    const ours = document.querySelector(`[data-of="${CSS.escape(body.id)}"]`);
    const cell = make("td", "", ours ?? put(board, body.id));
    cell.colSpan = [...body.rows[0].cells].filter(({ hidden }) => !hidden).length;
    const row = make("tr", "more", cell);
    row.id = `more-${body.id}`;
    body.append(row);
    button.setAttribute("aria-controls", row.id);
    row.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { turn(body, false); button.focus(); view.changed(); }
    });
    return row;
  };

  const turn = (body, open) => {
    const button = body.querySelector("button.unfold");
    if (!button || isOpen(body) === open) return;
    const row = moreOf(body) ?? makeMore(body, button);
    row.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    fit(row.cells[0]);
  };

  const makeUnfold = (body) => {
    const link = body.querySelector("a.unfold");
    const button = make("button", "unfold", ...link.childNodes);
    button.type = "button";
    button.title = "Details";
    button.setAttribute("aria-expanded", "false");
    link.replaceWith(button);
  };

  // Up and down go from row to row: hundreds of them are far to go with Tab.
  const step = (button, direction) => {
    let body = button.closest("tbody");
    do body = body[`${direction}ElementSibling`]; while (body?.hidden);
    const next = body?.querySelector("button.unfold");
    if (next) next.focus();
    return Boolean(next);
  };
  const STEPS = { ArrowDown: "next", ArrowUp: "previous" };

  document.querySelectorAll("[data-rows]").forEach((table) => {
    for (const body of table.tBodies) makeUnfold(body);
    table.addEventListener("click", (event) => {
      const button = event.target.closest("button.unfold");
      if (!button) return;
      turn(button.closest("tbody"), button.getAttribute("aria-expanded") === "false");
      view.changed();
    });
    table.addEventListener("keydown", (event) => {
      const direction = event.target.matches("button.unfold") && STEPS[event.key];
      if (direction && step(event.target, direction)) event.preventDefault();
    });
  });
  const all = () => [...document.querySelectorAll("[data-rows] > tbody")];

  // Bring a row to where it is seen, whatever hides it.
  view.reveal = (body) => {
    if (body.hidden) body.closest("[data-board]").showLinked(body);
    const folded = body.closest("details.listed");
    if (folded) folded.open = true;
    turn(body, true);
    body.scrollIntoView({ block: "start" });
  };
  view.parts.push({
    name: "open",
    read: () => all().filter(isOpen).map(({ id }) => id),
    show: (ids) => {
      all().forEach((body) => { if (isOpen(body) && !ids.includes(body.id)) turn(body, false); });
      ids.map((id) => document.getElementById(id)).forEach((body) => {
        if (body?.matches("[data-rows] > tbody")) turn(body, true);
      });
    },
  });

  document.querySelectorAll(".all-details .copy").forEach(makeCopy);
  document.querySelectorAll(".all-details").forEach((list) => { list.hidden = true; });
  addEventListener("resize", () => {
    document.querySelectorAll(".more:not([hidden]) > td").forEach(fit);
  });
})();
