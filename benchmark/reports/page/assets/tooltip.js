// What a point of a plot says when it is pointed at: text only, whatever a name may hold.
(() => {
  "use strict";
  const tip = document.createElement("dl");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);

  const fill = (value) => {
    const parts = Object.entries(value).filter(([, text]) => text !== "" && text != null);
    tip.replaceChildren(...parts.flatMap(([term, text]) => {
      const pair = [document.createElement("dt"), document.createElement("dd")];
      pair[0].textContent = term;
      pair[1].textContent = String(text);
      return pair;
    }));
  };

  const place = (event) => {
    const gap = 14;
    const { width, height } = tip.getBoundingClientRect();
    const right = event.clientX + gap + width < innerWidth;
    tip.style.left = `${Math.max(4, right ? event.clientX + gap : event.clientX - gap - width)}px`;
    tip.style.top = `${Math.max(4, Math.min(event.clientY + gap, innerHeight - height - 4))}px`;
  };

  // The form that Vega calls: (handler, event, item, value).
  window.leaderboardTip = (_handler, event, _item, value) => {
    tip.hidden = value == null || value === "";
    if (tip.hidden) return;
    fill(typeof value === "object" ? value : { "": value });
    place(event);
  };
  addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
})();
