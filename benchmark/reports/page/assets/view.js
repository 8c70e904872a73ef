// A view of the page: what is filtered, sorted, hidden and unfolded. Its parts are in other files.
(() => {
  "use strict";
  const said = document.getElementById("said");

  // Each part has a name in the address, reads its values as texts, and shows what it is given
  // (nothing: as the page was made). `changed` is called after a change by the reader; `updates`
  // run once after all parts were shown.
  window.leaderboard = {
    parts: [],
    updates: [],
    changed: () => {},
    say: (text) => { said.textContent = text; },
  };

  // --- a list of boxes that unfolds: one at a time, and none once something else is used ---------
  const unfolded = () => [...document.querySelectorAll("details.facet[open]")];

  const box = (text) => {
    const [label, input, name] = ["label", "input", "bdi"].map((tag) => document.createElement(tag));
    input.type = "checkbox";
    input.autocomplete = "off";
    name.textContent = text;
    label.append(input, name);
    return { label, input };
  };

  window.leaderboard.makeChoice = (title, texts) => {
    const [element, summary, list, legend] =
      ["details", "summary", "fieldset", "legend"].map((tag) => document.createElement(tag));
    element.className = "facet";
    summary.textContent = title;
    legend.textContent = title;
    const boxes = texts.map(box);
    list.append(legend, ...boxes.map(({ label }) => label));
    element.append(summary, list);
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !element.open) return;
      element.open = false;
      summary.focus();
    });
    element.addEventListener("toggle", () => {
      if (!element.open) return;
      unfolded().forEach((other) => { other.open = other === element; });
    });
    return { element, summary, boxes };
  };

  addEventListener("click", (event) => {
    if (event.target.closest("details.facet")) return;
    unfolded().forEach((facet) => { facet.open = false; });
  });
})();
