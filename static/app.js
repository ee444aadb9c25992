// What HTML alone cannot do yet. Every page works without this file.
"use strict";

// The page has the texts in its own language: data-unreachable and others of #notices.
function showError(what) {
  const box = document.getElementById("notices");
  if (!box) return;
  const notice = document.createElement("div");
  notice.className = "notice bad";
  notice.setAttribute("role", "alert");
  const text = document.createElement("p");
  text.className = "notice-text";
  text.textContent = box.dataset[what];
  notice.append(text);
  box.replaceChildren(notice);
}

document.addEventListener("htmx:sendError", () => showError("unreachable"));
document.addEventListener("htmx:timeout", () => showError("slow"));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  // A session that ended: the page itself leads to the log-in.
  if (status === 401) window.location.reload();
  else showError({ 413: "large", 429: "often" }[status] ?? "failed");
});

function linkTo(link) {
  return document.querySelector(`main a[href="${CSS.escape(link.getAttribute("href"))}"]`);
}

// Who goes through a part by keyboard stays where they are when it is shown anew.
let leftLink = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const link = document.activeElement?.closest("main a[href]");
  leftLink = link && event.detail.target.contains(link) ? link : null;
});
document.addEventListener("htmx:afterSwap", () => {
  if (leftLink && !leftLink.isConnected) linkTo(leftLink)?.focus();
  leftLink = null;
});

// Confirmations open in a dialog over the page; without JavaScript they are pages:
// <a href="…/remove" data-confirm> leads to the page whose .confirm is shown in the dialog.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-confirm]");
  const dialog = document.getElementById("dialog");
  if (!link || !dialog || !window.htmx) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (dialog.open || dialog.matches(".htmx-request")) return;
  dialog.replaceChildren();
  let answered = false;
  dialog.addEventListener("htmx:afterSwap", () => { answered = true; }, { once: true });
  link.setAttribute("aria-busy", "true");
  try {
    await htmx.ajax("GET", link.href, {
      source: dialog, target: dialog, select: ".confirm", swap: "innerHTML ignoreTitle:true",
    });
  } catch {
    return; // the listeners above have shown it
  } finally {
    link.removeAttribute("aria-busy");
  }
  const heading = dialog.querySelector("h1");
  if (!heading) {
    // There is nothing to ask any more, and the page says why.
    if (answered) window.location.assign(link.href);
    return;
  }
  heading.id = "dialog-title";
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.showModal();
  dialog.querySelector("[data-closes]").focus();
  // A fragment that updates itself may have replaced the link.
  dialog.addEventListener("close", () => { if (!link.isConnected) linkTo(link)?.focus(); }, { once: true });
});

document.addEventListener("click", (event) => {
  const dialog = event.target.closest("dialog");
  // Beside the question there is only the dialog itself.
  if (!dialog || (event.target !== dialog && !event.target.closest("[data-closes]"))) return;
  event.preventDefault();
  dialog.close();
});

// Copy buttons show themselves only where they can work.
function offerCopying(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  const text = button.querySelector("[data-copied]");
  field.select();
  await navigator.clipboard.writeText(field.value);
  const before = text.textContent;
  text.textContent = text.dataset.copied;
  setTimeout(() => { text.textContent = before; }, 2000);
});

// The second click of a double click would send a form again, before the answer to the first.
let pressed = null;
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (event.submitter && event.submitter === pressed) event.preventDefault();
  pressed = event.submitter;
  setTimeout(() => { pressed = null; }, 2000);
});

// Polling pauses while the page is hidden.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.matches("[data-live]")) event.preventDefault();
});

// A page made for paper offers to be printed where that is possible.
for (const button of document.querySelectorAll("[data-print][hidden]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// One box ticks all of its form: <input type="checkbox" data-ticks="feed">.
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.ticks;
  if (!name) return;
  for (const box of event.target.form.querySelectorAll(`input[type=checkbox][name="${CSS.escape(name)}"]:not(:disabled)`)) {
    box.checked = event.target.checked;
  }
});

// Actions for ticked rows are disabled while none is ticked.
function updateBulk(root) {
  const forms = new Set([...root.querySelectorAll(".bulk")].map((bar) => bar.closest("form")));
  for (const form of forms) {
    const ticked = form?.querySelector("td.tick > input:checked") !== null;
    for (const button of form?.querySelectorAll(".bulk [name=action]") ?? []) button.disabled = !ticked;
  }
}
document.addEventListener("change", (event) => {
  if (event.target.form?.querySelector(".bulk")) updateBulk(event.target.form.parentElement);
});

// Two fields for one colour, typed and picked: <input data-colour="id of the other">.
document.addEventListener("input", (event) => {
  const other = document.getElementById(event.target.dataset?.colour ?? "");
  if (!other) return;
  if (event.target.value === "") other.value = other.defaultValue;
  else if (/^#[0-9a-f]{6}$/i.test(event.target.value)) other.value = event.target.value.toLowerCase();
});

// Arrow keys lead from a search box into the list it fills, and through that list:
// <input data-leads-to="customers"> and <div class="picker" id="customers">.
document.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const box = document.activeElement;
  const picker = box.closest(".picker, .results") ?? document.getElementById(box.dataset?.leadsTo ?? "");
  if (!picker || box.type === "radio") return;
  const choices = [...picker.querySelectorAll("input:not(:disabled), .hits a")];
  const place = choices.indexOf(box) + (event.key === "ArrowDown" ? 1 : -1);
  if (place < 0) document.querySelector(`[data-leads-to="${CSS.escape(picker.id)}"]`)?.focus();
  else choices[Math.min(place, choices.length - 1)]?.focus();
  event.preventDefault();
});

// "/" leads to the search, unless text is being entered; where its box is hidden, to its page.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
  const box = document.querySelector("[data-slash]");
  if (!box) return;
  event.preventDefault();
  if (box.checkVisibility()) box.select();
  else window.location.assign(box.form.action);
});

// Values of a chart under the pointer, a finger or, with the arrow keys, of the bar in turn.
function showValue(plot, hit) {
  plot.querySelector(".chart-hit.current")?.classList.remove("current");
  hit.classList.add("current");
  const value = plot.previousElementSibling;
  value.hidden = false;
  value.textContent = hit.querySelector("title").textContent;
}

function offerValues() {
  for (const plot of document.querySelectorAll(".chart-plot:not([tabindex])")) {
    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", plot.dataset.chart);
    // The space for a value is there from the start, so that nothing moves.
    plot.previousElementSibling.hidden = false;
  }
}

for (const kind of ["pointerdown", "pointermove"]) {
  document.addEventListener(kind, (event) => {
    const hit = event.target.closest?.(".chart-hit");
    if (hit) showValue(hit.closest(".chart-plot"), hit);
  });
}

document.addEventListener("keydown", (event) => {
  const plot = event.target.closest?.(".chart-plot");
  if (!plot) return;
  const hits = [...plot.querySelectorAll(".chart-hit")];
  const now = hits.findIndex((hit) => hit.classList.contains("current"));
  const next = {
    ArrowLeft: now < 0 ? hits.length - 1 : now - 1, ArrowRight: now + 1, Home: 0, End: hits.length - 1,
  }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  showValue(plot, hits[Math.min(Math.max(next, 0), hits.length - 1)]);
});

document.addEventListener("DOMContentLoaded", () => {
  offerCopying(document);
  offerValues();
  updateBulk(document);
  document.querySelector(".summary[role=alert]")?.focus();
  document.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest" });
});
document.addEventListener("htmx:load", (event) => {
  offerCopying(event.detail.elt);
  updateBulk(document);
});
// A page that the browser shows again may have ticks.
window.addEventListener("pageshow", () => updateBulk(document));
