// Keys and small comforts: every page works without this file.
(() => {
  "use strict";
  const rows = () => [...document.querySelectorAll("[data-row]")];
  let at = -1;
  let going = false;

  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    at = Math.max(0, Math.min(all.length - 1, at + step));
    document.querySelectorAll("tr.on").forEach((row) => row.classList.remove("on"));
    all[at].closest("tr")?.classList.add("on");
    all[at].focus({ preventScroll: true });
    all[at].scrollIntoView({ block: "nearest" });
  };

  const isTyping = (target) => target.closest("input:not([type=checkbox]), select, textarea") !== null;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") document.activeElement?.blur();
    if (isTyping(event.target)) return;
    if (going) {
      going = false;
      document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)?.click();
      return;
    }
    const focus = { "/": "[data-focus='/']", f: ".filter select, .filter input", e: "[data-select]" }[event.key];
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "g") going = true;
    else if (event.key === "x") rows()[at]?.closest("tr")?.querySelector("input[type=checkbox]")?.click();
    else if (focus) {
      event.preventDefault();
      document.querySelector(focus)?.focus();
    }
  });

  document.querySelector("[data-select]")?.select();

  // What is sent is long: the first line that carries a field at fault is scrolled to.
  const lead = (pre) => {
    const mark = pre.querySelector("mark");
    if (mark) pre.scrollTop = mark.offsetTop - pre.offsetTop - pre.clientHeight / 3;
  };
  document.querySelectorAll("pre").forEach(lead);
  document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  document.addEventListener("toggle", (event) => event.target.querySelectorAll("pre").forEach(lead), true);

  // A form is sent once; a second click while it is under way does nothing.
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () =>
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
})();
