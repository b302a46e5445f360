// Spares readers a reload: what is new shows by itself. Pages work without this file.
(() => {
  const live = [...document.querySelectorAll('[data-live]')];
  if (!live.length || !window.EventSource) return;
  const notice = document.querySelector('[data-live-notice]');
  const begun = (part) => [...part.querySelectorAll('input, select, textarea')].some((field) => {
    if (field === document.activeElement) return true;
    if (!field.options) return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
    const chosen = Math.max(0, [...field.options].findLastIndex((option) => option.defaultSelected));
    return field.selectedIndex !== chosen;
  });
  const busy = () => live.some(begun);
  // What was open stays open, and the focus stays where it was.
  const renew = (part, fresh) => {
    const like = (one) => [...part.querySelectorAll(one.localName)].find((other) => other.isEqualNode(one));
    const open = [...part.querySelectorAll('details[open] > summary')];
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    part.replaceChildren(...fresh.childNodes);
    open.forEach((summary) => { const fold = like(summary)?.parentElement; if (fold) fold.open = true; });
    if (focused) like(focused)?.focus({ preventScroll: true });
  };
  const refresh = async () => {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html', 'Vicinity-By-Itself': '1' } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const part of live) {
      const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
      // A form that somebody fills in is never taken away.
      if (fresh && !begun(part)) renew(part, fresh);
    }
    if (notice) notice.hidden = true;
  };
  let waiting = null;
  const source = new EventSource('/live');
  source.addEventListener('changed', () => {
    clearTimeout(waiting);
    // Many changes of one phone make one reload, and nothing moves under a reader's hands.
    waiting = setTimeout(() => {
      if (!busy()) refresh();
      else if (notice) notice.hidden = false;
    }, 400);
  });
  notice?.querySelector('button')?.addEventListener('click', refresh);
  addEventListener('pagehide', () => source.close());
})();

// Forms that choose what a page shows go as soon as something is chosen.
document.querySelectorAll('form[data-at-once]').forEach((form) => {
  form.addEventListener('change', () => form.requestSubmit());
});
