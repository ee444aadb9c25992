// What HTML alone cannot do yet. Every page works without this file.
"use strict";

// The notice of a failed request, until one to the same address succeeds. The page has the texts in
// its own language: data-unreachable and others of #notices. An unchanged text is not read out again.
let failedPath = null;
function showError(event, what) {
  const box = document.getElementById("notices");
  if (!box) return;
  failedPath = event.detail.requestConfig.path;
  let notice = document.getElementById("request-error");
  if (!notice) {
    notice = document.createElement("div");
    notice.id = "request-error";
    notice.className = "notice bad";
    notice.setAttribute("role", "alert");
    box.append(notice);
  }
  if (notice.textContent === box.dataset[what]) return;
  const text = document.createElement("p");
  text.className = "notice-text";
  text.textContent = box.dataset[what];
  notice.replaceChildren(text);
}

document.addEventListener("htmx:afterRequest", (event) => {
  const { successful, requestConfig } = event.detail;
  if (successful && requestConfig.path === failedPath) document.getElementById("request-error")?.remove();
});
document.addEventListener("htmx:sendError", (event) => showError(event, "unreachable"));
document.addEventListener("htmx:timeout", (event) => showError(event, "slow"));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  // A session that ended: the page itself leads to the log-in.
  if (status === 401) window.location.reload();
  else showError(event, { 413: "large", 429: "often" }[status] ?? "failed");
});

function linkTo(link) {
  return document.querySelector(`main a[href="${CSS.escape(link.getAttribute("href"))}"]`);
}

function whenReleased(part, act) {
  if (part.querySelector(":active")) setTimeout(whenReleased, 50, part, act);
  else act();
}

// A click is lost if what it presses is replaced before the release. The next poll replaces it, or
// a search that is sent again, unless the click has sent another request.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { shouldSwap, target, requestConfig: { elt, path, verb } } = event.detail;
  if (!shouldSwap) return;
  const isPoll = elt.matches("[data-live]");
  if (!target.querySelector(":active") || !(isPoll || elt.matches("[data-hx-sync$=':replace']"))) return;
  event.detail.shouldSwap = false;
  if (isPoll) return;
  whenReleased(target, () => {
    // A button that refreshed the list need not refresh it again.
    const values = elt.name === "action" ? { action: "search" } : {};
    if (!target.closest(".htmx-request")) htmx.ajax(verb, path, { source: elt, values }).catch(() => {});
  });
});

// Restore the focused link, the text of the focused field and the selected rows after a swap: the user
// may have changed them while the response was pending. htmx restores the focus of elements with an id.
let leftLink = null;
let leftField = null;
let leftCaret = [];
let leftRows = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  const { shouldSwap, target } = event.detail;
  if (!shouldSwap) return;
  const active = target.contains(document.activeElement) ? document.activeElement : null;
  leftLink = active?.closest("main a[href]") ?? null;
  leftField = active?.closest("input.input[id]") ?? null;
  leftCaret = [leftField?.selectionStart ?? null, leftField?.selectionEnd ?? null];
  leftRows = [...target.querySelectorAll("td.select > input:checked")];
});
document.addEventListener("htmx:afterSwap", () => {
  if (leftLink && !leftLink.isConnected) linkTo(leftLink)?.focus();
  if (leftField && !leftField.isConnected) {
    const field = document.getElementById(leftField.id);
    if (field) {
      field.value = leftField.value;
      if (leftCaret[0] !== null) field.setSelectionRange(...leftCaret);
    }
  }
  for (const { name, value } of leftRows) {
    const box = document.querySelector(`td.select > input[name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`);
    if (box) box.checked = true;
  }
  leftLink = leftField = null;
  leftRows = [];
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
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    return; // refused: the text is selected, and can be copied by the keyboard
  }
  const before = text.textContent;
  if (before === text.dataset.copied) return; // of a click just before
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

// One checkbox selects all of its form: <input type="checkbox" data-selects="feed">.
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.selects;
  if (!name) return;
  for (const box of event.target.form.querySelectorAll(`input[type=checkbox][name="${CSS.escape(name)}"]:not(:disabled)`)) {
    box.checked = event.target.checked;
  }
});

// Actions for selected rows are disabled while none is selected, and "all" is checked while all are.
function updateBulk(root) {
  const forms = new Set([...root.querySelectorAll(".bulk")].map((bar) => bar.closest("form")));
  for (const form of forms) {
    const boxes = [...form?.querySelectorAll("td.select > input:not(:disabled)") ?? []];
    const selected = boxes.filter((box) => box.checked).length;
    for (const button of form?.querySelectorAll(".bulk [name=action]") ?? []) button.disabled = !selected;
    for (const all of form?.querySelectorAll("[data-selects]") ?? []) all.checked = selected > 0 && selected === boxes.length;
  }
}
document.addEventListener("change", (event) => {
  if (event.target.form?.querySelector(".bulk")) updateBulk(event.target.form.parentElement);
});

// A customer is selected both in the list and among the selected ones, or in neither; in the capture
// phase, before htmx reads the form.
document.addEventListener("change", (event) => {
  const { name, value, checked } = event.target;
  const other = { chosen: "customer", customer: "chosen" }[name];
  const box = other && document.querySelector(`#customers [name="${other}"][value="${CSS.escape(value)}"]`);
  if (box) box.checked = checked;
}, true);

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

// "/" leads to the search, unless it is entered into a field; where its box is hidden, the menu with it
// is opened, so that what is typed next is not lost.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, dialog, [contenteditable]")) return;
  const box = document.querySelector("[data-slash]");
  if (!box) return;
  event.preventDefault();
  if (!box.checkVisibility()) box.closest("[popover]")?.showPopover();
  box.focus();
  box.select();
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
// A page that the browser shows again may have rows selected.
window.addEventListener("pageshow", () => updateBulk(document));
