// Filtering: words of the name, rows measured or quoted, and facets that are counted as one goes.
(() => {
  "use strict";
  const view = window.leaderboard;

  const makeFilter = (board) => {
    const controls = board.querySelector(".controls");
    if (!controls) return;
    const search = controls.querySelector("input[type=search]");
    const kinds = [...controls.querySelectorAll("input[type=radio]")];
    const reset = controls.querySelector(".reset");
    const known = JSON.parse(board.querySelector("script.answers").textContent);

    const rows = [...board.querySelectorAll("[data-rows] > tbody")].map((body) => ({
      body,
      name: body.dataset.name.toLowerCase(),
      kind: body.classList.contains("measured") ? "measured" : "quoted",
      answers: known.rows[body.id] ?? [],
    }));
    const parts = [...board.querySelectorAll(".ranked, .listed")].map((element) => ({
      element,
      rows: rows.filter(({ body }) => element.contains(body)),
      said: element.querySelector(":scope > summary > .rows"),
    }));
    const apart = board.querySelector(".apart");

    // --- facets --------------------------------------------------------------------------------
    const makeFacet = ({ id, title, answers }, place) => {
      const { element, summary, boxes } = view.makeChoice(title, answers);
      const counts = boxes.map(({ label }) => {
        const count = document.createElement("span");
        count.className = "rows";
        label.append(count);
        return count;
      });
      const chosen = () => answers.filter((_, answer) => boxes[answer].input.checked);
      const asked = () => new Set(chosen().map((answer) => answers.indexOf(answer)));
      view.parts.push({
        name: `${board.id}.${id}`,
        read: chosen,
        show: (values) => {
          boxes.forEach(({ input }, answer) => { input.checked = values.includes(answers[answer]); });
        },
      });
      const allows = (row, set) => !set.size || row.answers[place].some((answer) => set.has(answer));
      const tell = (found) => {
        const names = chosen();
        element.classList.toggle("used", names.length > 0);
        summary.textContent = names.length > 1 ? `${title}: ${names.length} chosen` :
          names.length ? `${title}: ${names[0]}` : title;
        counts.forEach((count, answer) => { count.textContent = found[answer]; });
        boxes.forEach(({ label }, answer) => { label.classList.toggle("none", !found[answer]); });
      };
      controls.querySelector(".facets").append(element);
      return { allows, tell, asked, size: answers.length };
    };
    const facets = known.facets.map(makeFacet);

    // --- what is left --------------------------------------------------------------------------
    const counted = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
    const share = (left, all, noun) => (left === all ? "" : `${left} of `) + counted(all, noun);

    // A row counts for an answer of a facet if nothing but that facet may hide it.
    const sift = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const kind = kinds.find(({ checked }) => checked).value;
      const sets = facets.map(({ asked }) => asked());
      const found = facets.map(({ size }) => new Array(size).fill(0));
      for (const row of rows) {
        const named = (kind === "all" || kind === row.kind) &&
          words.every((word) => row.name.includes(word));
        const against = named ? facets.flatMap((facet, place) =>
          facet.allows(row, sets[place]) ? [] : [place]) : [];
        row.left = named && !against.length;
        if (named && against.length < 2) {
          (against.length ? against : [...facets.keys()]).forEach((place) => {
            row.answers[place].forEach((answer) => { found[place][answer] += 1; });
          });
        }
      }
      facets.forEach((facet, place) => facet.tell(found[place]));
      return words.length > 0 || kind !== "all" || sets.some(({ size }) => size);
    };

    let linked = null; // a row that a link led to: it is seen whatever the filters say
    const update = () => {
      const used = sift();
      for (const { body, left } of rows) {
        const seen = left || body === linked;
        if (body.hidden === seen) body.hidden = !seen;
      }
      let [folded, foldable, tables] = [0, 0, 0];
      for (const { element, rows: own, said } of parts) {
        const left = own.filter((row) => row.left).length;
        element.hidden = !left && own.length > 0 && !own.some(({ body }) => body === linked);
        if (!said) continue;
        said.textContent = share(left, own.length, "row");
        folded += left;
        foldable += own.length;
        tables += left > 0;
      }
      const left = rows.filter((row) => row.left).length;
      if (apart) {
        apart.hidden = !tables && !apart.contains(linked);
        apart.querySelector("h3 .rows").textContent =
          `${counted(folded, "row")} in ${counted(tables, "table")}`;
      }
      reset.hidden = !used;
      // The table that is seen below has the rows that are not folded.
      const below = folded === foldable ? folded : `${folded} of ${foldable}`;
      const where = folded ? `, ${below} in ${counted(tables, "table")} folded below` : "";
      const also = linked && !rows.find(({ body }) => body === linked)?.left ?
        ", and the row of the link" : "";
      controls.querySelector(".count").textContent =
        share(left - folded, rows.length - foldable, "row") + also + where;
    };

    // --- controls ------------------------------------------------------------------------------
    view.updates.push(update);
    view.parts.push({
      name: `${board.id}.search`,
      read: () => (search.value.trim() ? [search.value.trim()] : []),
      show: ([value = ""]) => { search.value = value; },
    }, {
      name: `${board.id}.rows`,
      read: () => kinds.filter(({ checked, value }) => checked && value !== "all").map((k) => k.value),
      show: ([value = "all"]) => {
        (kinds.find((kind) => kind.value === value) ?? kinds[0]).checked = true;
      },
    });
    const filtering = view.parts.filter(({ name }) => name.startsWith(`${board.id}.`));
    const clear = () => {
      linked = null;
      filtering.forEach(({ show }) => show([]));
      update();
      view.changed();
    };
    const changed = () => { linked = null; update(); view.changed(); };
    controls.addEventListener("input", changed);
    search.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { search.value = ""; changed(); }
    });
    reset.addEventListener("click", () => { clear(); search.focus(); });
    board.showLinked = (body) => { linked = body; update(); };

    const openAll = board.querySelector(".open-all");
    if (openAll) {
      openAll.hidden = false;
      openAll.addEventListener("click", () => {
        parts.forEach(({ element }) => { if (element.matches(".listed")) element.open = true; });
      });
    }

    // Room for all facets, or a line that unfolds.
    const filters = controls.querySelector(".filters");
    const wide = matchMedia("(min-width: 40.01rem)");
    const fit = () => { filters.open = wide.matches; };
    wide.addEventListener("change", fit);
    fit();
    controls.hidden = false;
  };

  document.querySelectorAll("[data-board]").forEach(makeFilter);
})();
