// Tables: sorting by a button in each heading, and columns that can be left out.
// Without this script the tables are whole and readable.
(() => {
  "use strict";
  const view = window.leaderboard;
  const heads = (table) => [...table.tHead.rows[0].cells];

  // --- sorting ---------------------------------------------------------------------------------
  const key = (body, place) => {
    const cell = body.rows[0].cells[place];
    if (cell.classList.contains("name")) return body.dataset.name;
    return cell.dataset.key ?? cell.textContent;
  };

  const { compare: inWords } = new Intl.Collator("en", { numeric: true });
  const compare = (first, second) => {
    const numbers = [Number(first), Number(second)];
    return numbers.some(Number.isNaN) ? inWords(first, second) : numbers[0] - numbers[1];
  };

  // Rows without a value stay last, whichever way the others go; equal ones keep their first order.
  const inOrder = (table, place, direction) => {
    const sign = direction === "ascending" ? 1 : -1;
    const keyed = [...table.tBodies].map((body) => ({ body, key: key(body, place) }));
    keyed.sort((one, other) => {
      const missing = Number(!one.key) - Number(!other.key);
      const order = one.key && other.key ? sign * compare(one.key, other.key) : missing;
      return order || one.body.first - other.body.first;
    });
    return keyed.map(({ body }) => body);
  };

  const arrange = (table, bodies, head, direction) => {
    table.append(...bodies);
    heads(table).forEach((other) => other.removeAttribute("aria-sort"));
    head?.setAttribute("aria-sort", direction);
  };

  const sort = (table, column, direction) => {
    const place = heads(table).findIndex((head) => head.dataset.column === column);
    if (place < 0) return;
    arrange(table, inOrder(table, place, direction), heads(table)[place], direction);
    table.sorted = `${table.dataset.rows} ${direction} ${column}`;
  };

  const unsort = (table) => {
    if (!table.sorted) return;
    const bodies = [...table.tBodies].sort((one, other) => one.first - other.first);
    arrange(table, bodies, heads(table).find(({ dataset }) => dataset.column === "rank"), "ascending");
    table.sorted = "";
  };

  const opposite = (direction) => (direction === "ascending" ? "descending" : "ascending");

  const makeSortable = (table) => {
    [...table.tBodies].forEach((body, place) => { body.first = place; });
    heads(table).forEach((head) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        const direction = now ? opposite(now) : head.dataset.sort;
        sort(table, head.dataset.column, direction);
        view.say(`Sorted by ${button.textContent.trim()}, ${direction}`);
        view.changed();
      });
    });
  };

  const sorting = (board, tables) => ({
    name: `${board.id}.sort`,
    read: () => tables.map(({ sorted }) => sorted).filter(Boolean),
    show: (values) => {
      const asked = values.map((value) => /^(\d+) (ascending|descending) (.+)$/.exec(value) ?? []);
      tables.forEach((table) => {
        const found = asked.find(([, place]) => place === table.dataset.rows);
        if (found) sort(table, found[3], found[2]); else unsort(table);
      });
    },
  });

  // --- columns ---------------------------------------------------------------------------------
  const NEEDED = ["name", "rank"];

  const leaveOut = (table, hidden) => {
    heads(table).forEach((head, place) => {
      const hide = hidden.has(head.dataset.column);
      if (head.hidden === hide) return;
      head.hidden = hide;
      for (const body of table.tBodies) body.rows[0].cells[place].hidden = hide;
    });
    const seen = heads(table).filter((head) => !head.hidden).length;
    table.querySelectorAll(".more > td").forEach((cell) => { cell.colSpan = seen; });
  };

  const columns = (board, tables) => {
    const offered = heads(tables[0]).filter(({ dataset }) => !NEEDED.includes(dataset.column));
    const ids = offered.map(({ dataset }) => dataset.column);
    const texts = offered.map((head) => head.textContent.trim());
    const { element, boxes } = view.makeChoice("Columns", texts);
    const hidden = () => ids.filter((_, place) => !boxes[place].input.checked);
    const update = () => { tables.forEach((table) => leaveOut(table, new Set(hidden()))); };
    element.classList.add("columns");
    element.addEventListener("input", update);
    board.querySelector(".facets").append(element);
    return {
      name: `${board.id}.hide`,
      read: hidden,
      show: (values) => {
        boxes.forEach(({ input }, place) => { input.checked = !values.includes(ids[place]); });
        update();
      },
    };
  };

  // --- long tables by keyboard -----------------------------------------------------------------
  const makeSkip = (link) => {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      document.getElementById(link.hash.slice(1)).focus();
    });
  };

  document.querySelectorAll("[data-board]").forEach((board) => {
    const tables = [...board.querySelectorAll("[data-rows]")];
    if (!tables.length) return;
    view.parts.push(columns(board, tables), sorting(board, tables));
    tables.forEach(makeSortable);
  });
  document.querySelectorAll(".skip-table").forEach(makeSkip);
})();
