// Every number of a row's method, in what unfolds below the row. Without this script the methods
// stand in a list of their own below the tables.
(() => {
  "use strict";
  const methods = new Map();
  document.querySelectorAll("[data-method-of]").forEach((section) => {
    section.dataset.methodOf.split(" ").forEach((id) => methods.set(id, section));
  });

  // Copied when first seen; most rows are never unfolded.
  const put = (details) => {
    const id = details.closest("tbody")?.id;
    const blocks = details.querySelector(".blocks");
    if (!methods.has(id) || !blocks || blocks.querySelector(".method")) return;
    const copy = methods.get(id).cloneNode(true);
    const own = copy.querySelector(`[data-row="${CSS.escape(id)}"]`);
    if (own) own.setAttribute("aria-current", "true");
    blocks.prepend(copy);
  };
  const look = (table) => table.querySelectorAll(".more .details").forEach(put);

  document.querySelectorAll("[data-rows]").forEach((table) => {
    look(table);
    new MutationObserver(() => look(table)).observe(table, { childList: true, subtree: true });
  });
})();
