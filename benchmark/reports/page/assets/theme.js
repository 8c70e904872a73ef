// The button that turns the page light or dark. What the system asks for holds until it is used.
(() => {
  "use strict";
  const THEMES = ["system", "light", "dark"];
  const KEY = "leaderboard-theme";
  const root = document.documentElement;
  const button = document.getElementById("theme");

  // A browser may refuse to remember anything for a file; the button works all the same.
  const remembered = () => {
    try { return localStorage.getItem(KEY); } catch { return null; }
  };
  const remember = (theme) => {
    try { localStorage.setItem(KEY, theme); } catch { /* not remembered */ }
  };

  const apply = (theme) => {
    root.dataset.theme = theme;
    button.querySelector("span").textContent = theme;
  };

  apply(THEMES.includes(remembered()) ? remembered() : "system");
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
    apply(next);
    remember(next);
  });
})();
