// A form of a register page is drawn with the mouse or the keyboard: the boxes over the page and the numbers below are the
// same thing, and the page works without this file. Lengths are millimetres of the printed frame.
(() => {
  "use strict";
  const form = document.querySelector("[data-form-drawing]");
  if (!form) return;
  const svg = form.querySelector("[data-drawing]");
  const layer = svg.querySelector("[data-boxes]"), lines = svg.querySelector("[data-lines]");
  const list = form.querySelector("[data-box-list]"), fresh = form.querySelector("[data-new-box]");
  const width = Number(svg.dataset.width), height = Number(svg.dataset.height);
  const STEP = 0.5, FAR = 5, LEAST = 2, EDGE = 1.5;
  const PLACES = ["left", "top", "width", "height"];
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  let last = Number(fresh.dataset.number);

  const rows = () => [...list.querySelectorAll("[data-box]")];
  const input = (row, name) => row.querySelector(`[data-of="${name}"]`);
  const round = (value) => Math.round(value / STEP) * STEP;
  const boxOf = (row) => Object.fromEntries(PLACES.map((name) => [name, Number(input(row, name).value) || 0]));
  const titleOf = (row) => {
    const select = input(row, "column");
    return select.value ? select.selectedOptions[0].textContent : form.dataset.unnamed;
  };
  const shortened = (title, width) => {
    const most = Math.floor(width / 1.75);
    return title.length > most ? `${title.slice(0, Math.max(1, most - 1))}…` : title;
  };
  const make = (name, attributes, inside) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    inside.append(element);
    return element;
  };

  const put = (row, box) => {
    const wide = Math.min(Math.max(round(box.width), LEAST), width);
    const high = Math.min(Math.max(round(box.height), LEAST), height);
    const kept = {
      left: Math.min(Math.max(round(box.left), 0), width - wide),
      top: Math.min(Math.max(round(box.top), 0), height - high),
      width: wide,
      height: high,
    };
    PLACES.forEach((name) => (input(row, name).value = String(Math.round(kept[name] * 10) / 10)));
    draw();
  };

  const rule = () => {
    lines.replaceChildren();
    const count = Number(form.querySelector("[data-rows]").value), step = Number(form.querySelector("[data-row-height]").value);
    if (form.elements.layout.value !== "table" || !(step > 0)) return;
    const tops = rows().map((row) => boxOf(row).top);
    if (!tops.length) return;
    const first = Math.min(...tops);
    for (let number = 0; number <= Math.min(count, 200); number += 1) {
      const y = first + number * step;
      make("line", { class: "row", x1: 0, x2: width, y1: y, y2: y }, lines);
    }
  };

  // Every box is drawn again in the order of its fields; the focus stays on the box that had it.
  const draw = () => {
    const focused = rows().findIndex((row) => row.drawn && row.drawn === document.activeElement);
    layer.replaceChildren();
    rows().forEach((row) => {
      const box = boxOf(row), title = titleOf(row);
      const said = form.dataset.named.replace("%", title).replace("%", PLACES.map((name) => box[name]).join(" × "));
      const drawn = make("rect", {
        class: row.classList.contains("wrong") ? "box wrong" : "box",
        x: box.left, y: box.top, width: Math.max(box.width, 0), height: Math.max(box.height, 0),
        tabindex: 0, role: "button", "aria-label": said,
      }, layer);
      make("text", { x: box.left + 1, y: box.top + 3.6, "font-size": 3.2 }, layer).textContent = shortened(title, box.width);
      const corner = make("rect", { class: "corner", x: box.left + box.width - 2, y: box.top + box.height - 2, width: 4, height: 4 }, layer);
      drawn.row = corner.row = row;
      corner.sizes = true;
      row.drawn = drawn;
    });
    rule();
    if (focused >= 0) rows()[focused].drawn.focus({ preventScroll: true });
  };

  const add = (box) => {
    const holder = document.createElement("div");
    holder.append(fresh.content.cloneNode(true));
    const number = last++;
    holder.querySelectorAll("[name]").forEach((field) => {
      field.name = field.name.replace(/^box\.0\./, `box.${number}.`);
      if (field.value === "remove.0") field.value = `remove.${number}`;
    });
    const row = holder.firstElementChild;
    row.querySelector("legend").textContent = row.querySelector("legend").textContent.replace("0", number);
    const remove = row.querySelector("[data-remove]");
    remove.setAttribute("aria-label", remove.getAttribute("aria-label").replace("0", number));
    list.append(row);
    put(row, box);
    row.drawn.focus({ preventScroll: true });
    return row;
  };
  const addAnywhere = () => {
    const shift = 12 * (rows().length % Math.max(1, Math.floor((height - 22) / 12)));
    add({ left: 10, top: 10 + shift, width: Math.min(60, width - 12), height: 10 });
  };
  const remove = (row) => {
    const all = rows(), next = all[all.indexOf(row) + 1] || all[all.indexOf(row) - 1];
    row.remove();
    draw();
    if (next) next.drawn.focus({ preventScroll: true });
    else form.querySelector("[data-add]").focus();
  };

  list.addEventListener("input", draw);
  list.addEventListener("change", draw);
  form.querySelectorAll("[data-rows], [data-row-height], [name=layout]").forEach((field) => field.addEventListener("input", rule));
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove], [data-add]");
    if (!button) return;
    event.preventDefault();
    if (button.matches("[data-add]")) addAnywhere();
    else remove(button.closest("[data-box]"));
  });
  list.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-box]");
    rows().forEach((one) => one.drawn?.classList.toggle("on", one === row));
  });

  svg.addEventListener("keydown", (event) => {
    if (event.key === "Insert") {
      event.preventDefault();
      addAnywhere();
      return;
    }
    const row = event.target.row;
    if (!row || event.isComposing) return;
    const arrow = ARROWS[event.key], step = event.ctrlKey ? FAR : STEP;
    if (arrow) {
      event.preventDefault();
      const box = boxOf(row), [across, down] = arrow;
      if (event.shiftKey) put(row, { ...box, width: box.width + across * step, height: box.height + down * step });
      else put(row, { ...box, left: box.left + across * step, top: box.top + down * step });
    } else if (event.key === "Delete") {
      event.preventDefault();
      remove(row);
    } else if (event.key === "Enter") {
      event.preventDefault();
      input(row, "column").focus();
    }
  });

  // The mouse: on the page it draws a box, on a box it moves it, on the corner of a box it changes its size.
  const placeOf = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [at.x, at.y];
  };
  // Cells of a table share their rules: a box that begins at the edge of another is a new one.
  const isAtEdge = (box, x, y) =>
    Math.min(x - box.left, box.left + box.width - x, y - box.top, box.top + box.height - y) < EDGE;
  let held = null;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const [x, y] = placeOf(event), row = event.target.row, sizes = event.target.sizes === true;
    if (row && (sizes || !isAtEdge(boxOf(row), x, y))) {
      held = { row, x, y, box: boxOf(row), sizes };
      row.drawn.focus({ preventScroll: true });
    } else held = { x, y };
    svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => {
    if (!held) return;
    const [x, y] = placeOf(event);
    if (held.row) {
      const across = x - held.x, down = y - held.y, box = held.box;
      if (held.sizes) put(held.row, { ...box, width: box.width + across, height: box.height + down });
      else put(held.row, { ...box, left: box.left + across, top: box.top + down });
    } else {
      held.shown ||= make("rect", { class: "box new" }, lines);
      const found = between(held, x, y);
      Object.entries({ x: found.left, y: found.top, width: found.width, height: found.height })
        .forEach(([name, value]) => held.shown.setAttribute(name, value));
    }
  });
  const between = (from, x, y) => ({
    left: Math.min(from.x, x), top: Math.min(from.y, y), width: Math.abs(x - from.x), height: Math.abs(y - from.y),
  });
  svg.addEventListener("pointerup", (event) => {
    const from = held;
    held = null;
    if (!from || from.row) return;
    from.shown?.remove();
    const box = between(from, ...placeOf(event));
    if (box.width >= LEAST && box.height >= LEAST) input(add(box), "column").focus();
  });
  svg.addEventListener("pointercancel", () => {
    held?.shown?.remove();
    held = null;
  });

  // The corners of the frame on the page as it was scanned.
  const whole = form.querySelector("[data-corners]"), places = form.querySelector("[data-places]");
  const polygon = whole.querySelector("polygon"), size = whole.viewBox.baseVal;
  const cornersNow = () => {
    const values = places.value.trim().split(/\s+/).map(Number);
    return [0, 1, 2, 3].map((number) => [values[2 * number] || 0, values[2 * number + 1] || 0]);
  };
  const handles = [0, 1, 2, 3].map((number) => {
    const handle = make("circle", { class: "corner", r: size.width / 60, tabindex: 0, role: "button" }, whole);
    handle.number = number;
    return handle;
  });
  const lay = () => {
    const corners = cornersNow();
    polygon.setAttribute("points", corners.map((corner) => corner.join(",")).join(" "));
    handles.forEach((handle, number) => {
      handle.setAttribute("cx", corners[number][0]);
      handle.setAttribute("cy", corners[number][1]);
      handle.setAttribute("aria-label", `${form.dataset.corner} ${number + 1}: ${corners[number].join(", ")}`);
    });
  };
  const moveCorner = (number, x, y) => {
    const corners = cornersNow();
    corners[number] = [Math.min(Math.max(x, 0), size.width), Math.min(Math.max(y, 0), size.height)].map((value) => Math.round(value));
    places.value = corners.flat().join(" ");
    lay();
  };
  let grabbed = null;
  whole.addEventListener("pointerdown", (event) => {
    if (event.target.number === undefined) return;
    grabbed = event.target.number;
    event.target.focus({ preventScroll: true });
    whole.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  whole.addEventListener("pointermove", (event) => {
    if (grabbed === null) return;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(whole.getScreenCTM().inverse());
    moveCorner(grabbed, at.x, at.y);
  });
  whole.addEventListener("pointerup", () => (grabbed = null));
  whole.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key], number = event.target.number;
    if (!arrow || number === undefined) return;
    event.preventDefault();
    const [x, y] = cornersNow()[number], step = event.ctrlKey ? 20 : 1;
    moveCorner(number, x + arrow[0] * step, y + arrow[1] * step);
  });
  places.addEventListener("input", lay);

  lay();
  draw();
})();
