"use strict";
const table = document.getElementById("rows");
if (table) {
  const body = table.tBodies[0];
  const page = Number(table.dataset.page);
  const form = document.querySelector("form.tools");
  const words = document.getElementById("words");
  const hiddenOnes = document.getElementById("hidden-ones");
  const shown = document.getElementById("shown");
  const more = document.getElementById("more");
  const next = document.getElementById("next");
  const severities = [...form.querySelectorAll("input[name=severity]")];
  const only = [...form.querySelectorAll("input[name=only]")];
  const heads = [...table.tHead.querySelectorAll("th[data-key]")];
  const rows = [...body.rows].map((row, place) => ({ row, place, flags: new Set(row.dataset.flags.split(" ")), text: null }));
  const known = new Set(severities.map((box) => box.value));
  let order = rows.slice();
  let passed = [];
  let most = page;

  // The text of a row is read when somebody first searches: that of ten thousand takes a while.
  const text = (item) => (item.text ??= item.row.textContent.toLowerCase());

  function show() {
    const seen = new Set(passed.slice(0, most));
    for (const item of rows) item.row.hidden = !seen.has(item);
    const left = passed.length - seen.size;
    more.hidden = left <= 0;
    next.textContent = `Show ${Math.min(page, left)} more`;
    document.getElementById("none").hidden = passed.length > 0;
    shown.textContent = left > 0 ? `${seen.size} of ${passed.length} shown, of ${rows.length} in all` : `${passed.length} of ${rows.length} shown`;
  }

  function filter() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const levels = new Set(severities.filter((box) => box.checked).map((box) => box.value));
    const needs = only.filter((box) => box.checked).map((box) => box.value);
    const suppressed = hiddenOnes !== null && hiddenOnes.checked;
    passed = order.filter(({ flags }) => (suppressed || !flags.has("suppressed"))
      && (levels.size === known.size || [...flags].some((flag) => levels.has(flag)))
      && needs.every((flag) => flags.has(flag)));
    if (wanted.length) passed = passed.filter((item) => wanted.every((word) => text(item).includes(word)));
    most = page;
    show();
  }

  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  function sort(head) {
    const key = head.dataset.key;
    const number = head.dataset.number === "1";
    const now = head.getAttribute("aria-sort");
    const down = now === null ? number : now === "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const sign = down ? -1 : 1;
    order = rows.slice().sort((a, b) => {
      const left = a.row.dataset[key];
      const right = b.row.dataset[key];
      if (left === "" || right === "") return (left === "") - (right === "") || a.place - b.place;  // what is not known stands last
      return sign * (number ? left - right : collator.compare(left, right)) || a.place - b.place;
    });
    body.append(...order.map((item) => item.row));
    filter();
  }

  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head));
    head.append(button);
  }
  let timer = 0;
  words.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, 120); });
  form.addEventListener("change", filter);
  form.addEventListener("submit", (event) => { event.preventDefault(); filter(); });
  next.addEventListener("click", () => { most += page; show(); });
  document.getElementById("all").addEventListener("click", () => { most = Infinity; show(); });
  let before = page;
  window.addEventListener("beforeprint", () => { before = most; most = Infinity; show(); });
  window.addEventListener("afterprint", () => { most = before; show(); });
  form.hidden = false;
  filter();
}
