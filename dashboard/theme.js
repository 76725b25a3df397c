// Sets the theme before the first paint, hence a classic script in the head. The toggle is wired once the page is parsed.
(() => {
  const KEY = "theme";
  const root = document.documentElement;
  const systemDark = matchMedia("(prefers-color-scheme: dark)");

  const remembered = () => {
    try { return localStorage.getItem(KEY); } catch { return null; }
  };
  const remember = (theme) => {
    try { localStorage.setItem(KEY, theme); } catch { /* private mode: the choice lasts as long as the page */ }
  };
  const shown = () => root.dataset.theme ?? (systemDark.matches ? "dark" : "light");

  const chosen = remembered();
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;

  document.addEventListener("DOMContentLoaded", () => {
    const toggle = document.getElementById("theme-toggle");
    const label = () => toggle.setAttribute("aria-label", `Use the ${shown() === "dark" ? "light" : "dark"} theme`);
    toggle.addEventListener("click", () => {
      root.dataset.theme = shown() === "dark" ? "light" : "dark";
      remember(root.dataset.theme);
      label();
    });
    systemDark.addEventListener("change", label);
    label();
  });
})();
