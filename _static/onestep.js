// Opened from disk, a page may not read other pages: search then lists titles without the sentences around them.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined")
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// A formula in a sentence cannot be broken; one wider than its line scrolls in its own box, so that the page does not.
function fitFormulas() {
  document.querySelectorAll('article mjx-container:not([display="true"])').forEach((formula) => {
    formula.classList.remove("onestep-wide-formula");
    const block = formula.closest("p, li, td, th, dd, dt, figcaption, summary, div");
    if (block && formula.getBoundingClientRect().width > block.clientWidth) {
      formula.classList.add("onestep-wide-formula");
      formula.tabIndex = 0;
    }
  });
}

window.addEventListener("load", () => {
  if (!window.MathJax || !MathJax.startup) return;
  MathJax.startup.promise.then(fitFormulas);
  window.addEventListener("resize", fitFormulas);
});
