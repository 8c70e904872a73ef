// Draws the plots. Vega runs without eval (`ast`), so the page's policy can forbid it.
(() => {
  "use strict";
  const read = (figure, name) => JSON.parse(figure.querySelector(`script.${name}`).textContent);

  // On a phone, names leave room for the plot.
  const fitLabels = (spec, width) => {
    spec.config.axisY = { labelLimit: Math.round(Math.min(300, width * 0.42)) };
  };

  const draw = async (figure, spec) => {
    const drawing = figure.querySelector(".drawing");
    fitLabels(spec, drawing.clientWidth);
    const options = {
      ast: true, actions: false, renderer: "svg", mode: "vega-lite", defaultStyle: false,
      tooltip: window.leaderboardTip,
    };
    try {
      const { view } = await window.vegaEmbed(drawing, spec, options);
      figure.dataset.drawn = "yes";
      return view;
    } catch (error) {
      drawing.textContent = "This plot could not be drawn.";
      throw error;
    }
  };

  const drawPlain = async (figure) => {
    const spec = read(figure, "spec");
    const lists = [...figure.querySelectorAll("select")];
    // A browser may keep what was chosen before the page was loaded again.
    for (const list of lists) {
      spec.params.find(({ name }) => name === list.dataset.parameter).value = list.value;
    }
    const view = await draw(figure, spec);
    for (const list of lists) {
      list.addEventListener("change", () => {
        view.signal(list.dataset.parameter, list.value).runAsync();
      });
    }
  };

  window.leaderboardPlots = { read, draw };
  document.querySelectorAll("figure[data-plot]").forEach(drawPlain);
})();
