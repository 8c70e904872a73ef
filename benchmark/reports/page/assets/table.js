// Tables: sorting by a button in each heading, filtering, and details that unfold below a row.
// Without this script the tables are whole and readable; the details then follow the tables.
(() => {
  "use strict";
  const said = document.getElementById("said");
  const say = (text) => { said.textContent = text; };

  // --- sorting ---------------------------------------------------------------------------------
  const key = (body, place) => body.rows[0].cells[place].dataset.key;

  const compare = (first, second) => {
    const numbers = [Number(first), Number(second)];
    return numbers.some(Number.isNaN)
      ? first.localeCompare(second, "en", { numeric: true })
      : numbers[0] - numbers[1];
  };

  // Rows without a value stay last, whichever way the others go; equal ones keep their first order.
  const sortRows = (table, place, direction) => {
    const sign = direction === "ascending" ? 1 : -1;
    const order = [...table.tBodies].sort((one, other) => {
      const [first, second] = [key(one, place), key(other, place)];
      if (!first || !second) return Number(!first) - Number(!second) || one.first - other.first;
      return sign * compare(first, second) || one.first - other.first;
    });
    table.append(...order);
  };

  const opposite = (direction) => (direction === "ascending" ? "descending" : "ascending");

  const makeSortable = (table) => {
    const heads = [...table.tHead.rows[0].cells];
    [...table.tBodies].forEach((body, place) => { body.first = place; });
    heads.forEach((head, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        const direction = now ? opposite(now) : head.dataset.sort;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", direction);
        sortRows(table, place, direction);
        say(`Sorted by ${button.textContent.trim()}, ${direction}`);
      });
    });
  };

  // --- filtering -------------------------------------------------------------------------------
  const makeFilter = (board) => {
    const controls = board.querySelector(".controls");
    if (!controls) return;
    const search = controls.querySelector("input[type=search]");
    const bodies = [...board.querySelectorAll("[data-rows] > tbody")];
    const names = bodies.map((body) => body.dataset.name.toLowerCase());
    const update = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const kind = controls.querySelector("input[type=radio]:checked").value;
      bodies.forEach((body, place) => {
        const named = words.every((word) => names[place].includes(word));
        body.hidden = !(named && (kind === "all" || kind === body.dataset.kind));
      });
      const left = bodies.filter((body) => !body.hidden).length;
      const all = bodies.length === 1 ? "1 row" : `${bodies.length} rows`;
      controls.querySelector(".count").textContent =
        left === bodies.length ? all : `${left} of ${all}`;
    };
    controls.addEventListener("input", update);
    search.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { search.value = ""; update(); }
    });
    controls.hidden = false;
    update();
  };

  // --- details ---------------------------------------------------------------------------------
  // As wide as what is seen of a table that scrolls sideways.
  const fit = (cell, scroller) => cell.style.setProperty("--seen", `${scroller.clientWidth}px`);

  const makeUnfold = (body) => {
    const link = body.querySelector("a.unfold");
    const details = document.querySelector(`[data-of="${CSS.escape(body.id)}"]`);
    if (!link || !details) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "unfold";
    button.title = "Details";
    button.append(...link.childNodes);
    link.replaceWith(button);
    const row = document.createElement("tr");
    const cell = document.createElement("td");
    row.className = "more";
    row.id = `more-${body.id}`;
    row.hidden = true;
    cell.colSpan = body.rows[0].cells.length;
    row.append(cell);
    body.append(row);
    button.setAttribute("aria-controls", row.id);
    const turn = (open) => {
      // Put in when first opened: hundreds of rows need not be laid out before.
      if (open && !cell.firstChild) cell.append(details);
      fit(cell, body.closest(".scroll"));
      row.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
    };
    turn(false);
    button.addEventListener("click", () => turn(row.hidden));
    row.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { turn(false); button.focus(); }
    });
    body.unfold = () => { turn(true); body.scrollIntoView({ block: "start" }); };
  };

  const makeCopy = (button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = button.parentElement.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
        say("Copied");
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
        say("Selected; copy it with the keyboard");
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  };

  document.querySelectorAll(".all-details .copy").forEach(makeCopy);
  document.querySelectorAll("[data-rows]").forEach(makeSortable);
  document.querySelectorAll("[data-rows] > tbody").forEach(makeUnfold);
  document.querySelectorAll("[data-board]").forEach(makeFilter);
  document.querySelectorAll(".all-details").forEach((list) => { list.hidden = true; });
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.unfold) target.unfold();
  addEventListener("resize", () => {
    document.querySelectorAll(".more:not([hidden]) > td").forEach((cell) => {
      fit(cell, cell.closest(".scroll"));
    });
  });
})();
