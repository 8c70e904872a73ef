// The view in the address, behind `#?`: a link to the page as it is seen, from disk too.
(() => {
  "use strict";
  const view = window.leaderboard;
  const START = "#?";
  const PAUSE = 150; // browsers refuse an address that changes with every key

  const text = () => {
    const values = new URLSearchParams();
    for (const { name, read } of view.parts) read().forEach((value) => values.append(name, value));
    return values.toString();
  };

  // In place of the one before: going back leaves the page, and not one letter of a search.
  const write = () => {
    const now = text();
    if (!now && !location.hash.startsWith(START)) return;
    history.replaceState(null, "", now ? START + now : location.href.split("#")[0]);
  };

  let waiting = 0;
  view.changed = () => {
    clearTimeout(waiting);
    waiting = setTimeout(write, PAUSE);
  };

  const target = () => {
    try { return document.getElementById(decodeURIComponent(location.hash.slice(1))); }
    catch { return null; }
  };

  const show = () => {
    const asked = location.hash.startsWith(START) ? location.hash.slice(START.length) : "";
    const values = new URLSearchParams(asked);
    for (const part of view.parts) part.show(values.getAll(part.name));
    view.updates.forEach((update) => update());
    const [first] = values.keys();
    const row = document.getElementById(values.get("open") ?? "");
    if (row?.matches("[data-rows] > tbody:not([hidden])")) view.reveal(row);
    else if (first) document.getElementById(first.split(".")[0])?.scrollIntoView();
  };

  const reveal = () => {
    const row = target();
    if (row?.matches("[data-rows] > tbody")) view.reveal(row);
  };

  addEventListener("hashchange", () => { if (location.hash.startsWith(START)) show(); else reveal(); });
  show();
  reveal();
})();
