// Before the first paint, hence a classic script in the head: where people sign in first, the dashboard is not shown
// until they have. Without this it would appear for a moment, and everything would jump. See sign_in_config.js.
(() => {
  let open = false;
  try {
    open = JSON.parse(document.querySelector("meta[name=sign-in]").content).mode === "none";
  } catch { /* app.js says that it can't be read */ }
  document.documentElement.dataset.access = open ? "open" : "pending";
})();
