// The little the pages need beyond htmx: asking before an action, toasts, focus, keys, scanning. Everything works
// without it; nothing here decides anything.
(() => {
  "use strict";
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  document.documentElement.classList.add("js");

  // Asking first. The answer "yes" sends the request that was held back.
  document.addEventListener("htmx:confirm", (event) => {
    const dialog = one("#confirm");
    if (!dialog?.showModal || dialog.open) return;
    event.preventDefault();
    one("#confirm-text").textContent = event.detail.ctx.confirm;
    dialog.returnValue = "no";
    dialog.addEventListener("close", () => {
      if (dialog.returnValue === "yes") event.detail.issueRequest();
      else event.detail.dropRequest();
    }, { once: true });
    dialog.showModal();
  });

  // Toasts. Bad news stays until it is dismissed; the rest goes after eight seconds without the pointer on it.
  const fade = (toast) => {
    if (toast.dataset.tone === "bad" || toast.dataset.timed) return;
    toast.dataset.timed = "1";
    const leave = () => setTimeout(() => (toast.matches(":hover, :focus-within") ? leave() : toast.remove()), 8000);
    leave();
  };
  const toast = (text) => {
    const box = document.createElement("div");
    box.className = "toast";
    box.dataset.tone = "bad";
    const line = document.createElement("p");
    line.textContent = text;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet";
    button.dataset.dismiss = "";
    button.textContent = "OK";
    box.append(line, button);
    one("#toasts")?.append(box);
  };
  // A dead line or a time-out: the form keeps what was typed.
  document.addEventListener("htmx:error", (event) => {
    if (event.detail?.ctx) toast("No answer from the server. Nothing was lost: check the connection and try again.");
  });

  // After each change of the page.
  let audio;
  const signal = (element) => {
    const good = element.dataset.signal === "good";
    delete element.dataset.signal;
    navigator.vibrate?.(good ? 40 : [120, 60, 120]);
    try {
      audio ||= new AudioContext();
      const tone = audio.createOscillator(), volume = audio.createGain();
      tone.frequency.value = good ? 1200 : 220;
      volume.gain.value = 0.08;
      tone.connect(volume).connect(audio.destination);
      tone.start();
      tone.stop(audio.currentTime + (good ? 0.09 : 0.35));
    } catch { /* no sound here */ }
  };
  const settle = () => {
    all(".toast").forEach(fade);
    all("[data-bulk]").forEach((bar) => count(bar.closest("form") || document));
    all(".nav [aria-current]").forEach((link) => {
      const strip = link.closest(".nav");
      strip.scrollLeft = link.offsetLeft - strip.clientWidth / 2 + link.offsetWidth / 2;
    });
  };
  document.addEventListener("htmx:after:swap", (event) => {
    const target = event.detail.ctx.target;
    if (target === document.body && !one("#main [autofocus]")) one("#main")?.focus({ preventScroll: true });
    const scan = one("form[data-scan] input:not([type=hidden])");
    // A form's answer makes ready for the next scan, which takes the place of a refused code; a part that refreshes by itself
    // leaves what is being typed.
    if (scan && target !== document.body && event.detail.ctx.sourceElement?.matches("form, button")) { scan.focus(); scan.select(); }
    all("[data-signal]").forEach(signal);
    settle();
  });

  // A scanner types into its field without the phone's keyboard; who taps the field wants the keyboard.
  const scanned = (event) => event.target.closest?.("form[data-scan] input:not([type=hidden])");
  document.addEventListener("focusin", (event) => { const field = scanned(event); if (field && !field.dataset.tapped) field.inputMode = "none"; });
  document.addEventListener("pointerdown", (event) => { const field = scanned(event); if (field) { field.dataset.tapped = ""; field.inputMode = "text"; } });

  // Selecting rows: one, a range with Shift, or all that are shown.
  let last;
  const count = (form) => {
    const boxes = all("[data-select]", form), chosen = boxes.filter((box) => box.checked).length;
    all("[data-bulk]", form).forEach((bar) => {
      bar.toggleAttribute("data-some", chosen > 0);
      one("[data-bulk-count]", bar).textContent = chosen + " selected";
    });
    const top = one("[data-select-all]", form);
    if (top) {
      top.checked = chosen > 0 && chosen === boxes.length;
      top.indeterminate = chosen > 0 && chosen < boxes.length;
    }
  };
  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest(selector);
    const box = hit("[data-select]"), top = hit("[data-select-all]"), add = hit("[data-add]"), opener = hit("[data-dialog]"), copy = hit("[data-copy]");
    if (box) {
      const boxes = all("[data-select]", box.form || document), here = boxes.indexOf(box), there = boxes.indexOf(last);
      if (event.shiftKey && there >= 0) {
        boxes.slice(Math.min(here, there), Math.max(here, there) + 1).forEach((each) => { each.checked = box.checked; });
      }
      last = box;
      count(box.form || document);
    } else if (top) {
      all("[data-select]", top.form || document).forEach((each) => { each.checked = top.checked; });
      count(top.form || document);
    } else if (add) {
      const stepper = add.closest("[data-step]"), input = one("input", stepper), step = Number(stepper.dataset.step) || 1;
      const next = Math.max(0, (Number(input.value) || 0) + step * Number(add.dataset.add));
      input.value = String(Math.round(next * 1000) / 1000);
      input.dispatchEvent(new Event("change", { bubbles: true }));
    } else if (opener) {
      const dialog = document.getElementById(opener.dataset.dialog);
      if (dialog?.showModal) { event.preventDefault(); dialog.showModal(); }
    } else if (copy) {
      const code = document.getElementById(copy.dataset.copy);
      navigator.clipboard?.writeText(code.textContent).then(() => { copy.textContent = "Copied"; });
    } else if (hit("[data-dismiss]")) {
      hit(".toast")?.remove();
    }
    all("details[data-menu][open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });

  // Keys, for pages that offer them: the help dialog is what switches them on.
  let waiting = "", since = 0;
  const rows = () => all("[data-row]");
  const go = (by) => {
    const list = rows(), now = list.findIndex((row) => row.classList.contains("at"));
    const next = list[Math.max(0, Math.min(list.length - 1, now + by))];
    if (!next) return;
    list[now]?.classList.remove("at");
    next.classList.add("at");
    next.scrollIntoView({ block: "nearest" });
  };
  const press = (key) => {
    const target = all("[data-key]").find((each) => each.dataset.key === key && each.offsetParent);
    if (!target) return false;
    if (target.matches("input, textarea, select")) { target.focus(); target.select?.(); } else target.click();
    return true;
  };
  document.addEventListener("keydown", (event) => {
    const menu = one("details[data-menu][open]");
    if (event.key === "Escape" && menu) { menu.open = false; one("summary", menu).focus(); }
    const help = one("#keys");
    if (!help || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || one("dialog[open]")) return;
    if (event.target.closest("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])")) return;
    const key = event.key, both = event.timeStamp - since < 1200 ? waiting + " " + key : "", row = one("[data-row].at");
    waiting = key;
    since = event.timeStamp;
    if (both && press(both)) waiting = "";
    else if (key === "?") help.showModal();
    else if (key === "j") go(1);
    else if (key === "k") go(-1);
    else if (key === "x" && row) one("[data-select]", row)?.click();
    else if (key === "Enter" && row && (event.target === document.body || event.target.id === "main")) one("a[href]", row)?.click();
    else if (key === "g" || !press(key)) return;
    event.preventDefault();
  });

  settle();
})();
