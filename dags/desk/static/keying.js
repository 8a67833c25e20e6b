// Keying with the keyboard alone: the pages work without this file. While an input method composes a letter, every key is
// its own.
(() => {
  "use strict";
  const form = document.querySelector("[data-keying]");
  if (!form) return;
  const inputs = [...form.querySelectorAll("[data-value]")];
  const markOf = (input) => input.closest(".typed").querySelector("[data-mark]");
  const isComposing = (event) => event.isComposing || event.keyCode === 229;

  const show = (input) => {
    input.readOnly = markOf(input).value !== "";
    input.closest(".keyed").classList.toggle("marked", input.readOnly);
  };
  const setMark = (input, mark) => {
    const select = markOf(input);
    select.value = select.value === mark ? "" : mark;
    if (select.value) input.value = "";
    show(input);
  };
  const chooseOther = (input) => {
    const other = input.closest(".keyed").querySelector("[data-other]");
    if (other && (input.value || markOf(input).value)) other.checked = true;
  };
  const go = (from, step) => {
    const next = inputs[inputs.indexOf(from) + step];
    if (next) next.focus();
    else if (step > 0) form.querySelector("[data-save]").focus();
  };

  inputs.forEach((input) => {
    show(input);
    input.addEventListener("input", () => chooseOther(input));
    markOf(input).addEventListener("change", () => {
      if (markOf(input).value) input.value = "";
      show(input);
      chooseOther(input);
    });
    input.addEventListener("focus", () => {
      input.closest(".keyed").scrollIntoView({ block: "nearest" });
      centre(input.closest("[data-box]"));
    });
  });

  form.addEventListener("keydown", (event) => {
    if (isComposing(event)) return;
    if (event.key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    const input = event.target.closest("[data-value]");
    const mark = { F2: "blank", F4: "illegible" }[event.key];
    if (event.key === "PageUp" || event.key === "PageDown") {
      event.preventDefault();
      zoom(event.key === "PageUp" ? 1.25 : 0.8);
    } else if (!input) {
      return;
    } else if (event.key === "Enter") {
      event.preventDefault();
      go(input, event.shiftKey ? -1 : 1);
    } else if (mark) {
      event.preventDefault();
      setMark(input, mark);
      chooseOther(input);
      if (markOf(input).value) go(input, 1);
    }
  });

  // The page: wheel or keys zoom it, the mouse or the arrow keys move it, and the field in focus comes to the middle.
  const viewer = document.querySelector("[data-viewer]");
  const images = [...(viewer?.querySelectorAll("img") || [])];
  let scale = 1;
  const lay = () => {
    images.forEach((image) => (image.style.width = `${100 * scale}%`));
  };
  const zoom = (factor) => {
    if (!viewer) return;
    const across = (viewer.scrollLeft + viewer.clientWidth / 2) / viewer.scrollWidth;
    const down = (viewer.scrollTop + viewer.clientHeight / 2) / viewer.scrollHeight;
    scale = Math.min(8, Math.max(1, scale * factor));
    lay();
    viewer.scrollLeft = across * viewer.scrollWidth - viewer.clientWidth / 2;
    viewer.scrollTop = down * viewer.scrollHeight - viewer.clientHeight / 2;
  };
  const centre = (field) => {
    const image = images.find((one) => one.dataset.page === field?.dataset.on);
    if (!viewer || !field || !image?.naturalWidth) return;
    const [left, top, width, height] = field.dataset.box.split(" ").map(Number);
    const ratio = image.clientWidth / image.naturalWidth;
    viewer.scrollLeft = (left + width / 2) * ratio - viewer.clientWidth / 2;
    viewer.scrollTop = image.offsetTop - images[0].offsetTop + (top + height / 2) * ratio - viewer.clientHeight / 2;
  };
  if (viewer) {
    let held = null;
    viewer.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1.25 : 0.8);
    }, { passive: false });
    viewer.addEventListener("pointerdown", (event) => {
      held = [event.clientX + viewer.scrollLeft, event.clientY + viewer.scrollTop];
      viewer.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    viewer.addEventListener("pointermove", (event) => {
      if (held) viewer.scrollTo(held[0] - event.clientX, held[1] - event.clientY);
    });
    viewer.addEventListener("pointerup", () => (held = null));
    viewer.addEventListener("keydown", (event) => {
      const factor = { "+": 1.25, "=": 1.25, "-": 0.8 }[event.key];
      if (factor) zoom(factor);
    });
  }

  const begin = form.querySelector(".wrong [type=radio], .wrong [data-value]") || form.querySelector("[type=radio]") || inputs[0];
  begin?.focus();
})();
