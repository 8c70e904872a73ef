// Gold against cosine: the data of the chosen model and task, and the table of the farthest pairs.
(() => {
  "use strict";
  const SETS = ["cells", "points", "far"];

  const inThrees = (flat) =>
    Array.from({ length: flat.length / 3 }, (_, place) => flat.slice(3 * place, 3 * place + 3));

  const cells = (flat, { x, dx, y, dy }) => inThrees(flat).map(([column, row, pairs]) => {
    const [gold, cosine] = [x + column * dx, y + row * dy];
    return {
      gold, cosine, pairs,
      left: gold - dx / 2, right: gold + dx / 2, low: cosine - dy / 2, high: cosine + dy / 2,
    };
  });

  const points = (flat) =>
    Array.from({ length: flat.length / 2 }, (_, place) => ({
      gold: flat[2 * place], cosine: flat[2 * place + 1],
    }));

  const expand = (entry, grid) => ({
    cells: cells(entry?.cells ?? [], grid),
    points: points(entry?.points ?? []),
    far: entry?.far ?? [],
  });

  const cell = (name, text) => {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  };

  const line = (pair) => {
    const row = document.createElement("tr");
    const place = cell("th", pair.place);
    place.scope = "row";
    place.className = "name";
    const disagreement = `${pair.disagreement > 0 ? "+" : "−"}${Math.abs(pair.disagreement).toFixed(2)}`;
    row.append(
      place, cell("td", pair.gold.toFixed(2)), cell("td", pair.cosine.toFixed(3)),
      cell("td", disagreement),
    );
    if (!pair.sentences) return [row];
    row.className = "above";
    const said = document.createElement("tr");
    said.className = "sentences";
    const both = cell("td", "");
    both.colSpan = 4;
    both.append(...pair.sentences.map((sentence) => cell("div", sentence)));
    said.append(both);
    return [row, said];
  };

  const drawPairs = async (figure) => {
    const { read, draw } = window.leaderboardPlots;
    const [spec, data] = [read(figure, "spec"), read(figure, "data")];
    const [model, task] = figure.querySelectorAll("select");
    const chosen = () => expand(data.cases[`${model.value}:${task.value}`], data.grid);
    const list = (sets) => {
      figure.querySelector("tbody").replaceChildren(...sets.far.flatMap(line));
    };
    spec.datasets = chosen();
    list(spec.datasets);
    const view = await draw(figure, spec);
    figure.addEventListener("change", () => {
      const sets = chosen();
      SETS.forEach((name) => view.data(name, sets[name]));
      list(sets);
      view.runAsync();
    });
  };

  document.querySelectorAll("figure[data-pairs]").forEach(drawPairs);
})();
