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
  // What a part shows, but for what is drawn by lot for each page.
  const said = (part) => {
    const copy = part.cloneNode(true);
    copy.querySelectorAll('input[name=once]').forEach((one) => one.remove());
    return copy.innerHTML;
  };
  const shown = new Map(live.map((part) => [part, said(part)]));
  let asks = 0;
  const refresh = async (byHand) => {
    const ask = ++asks;
    const answer = await fetch(location.href, { headers: { Accept: 'text/html', 'Vicinity-By-Itself': '1' } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    // An older answer may come last.
    if (ask !== asks) return;
    const renewed = live.map((part) => [part, page.querySelector(`[data-live="${part.dataset.live}"]`)]);
    // What is the same does not move, and nothing moves under a reader's hands.
    const changed = renewed.filter(([part, fresh]) => fresh && said(fresh) !== shown.get(part));
    const later = changed.length > 0 && !byHand && busy();
    if (notice) notice.hidden = !later;
    if (later) return;
    for (const [part, fresh] of changed) {
      // A form that somebody fills in is never taken away.
      if (begun(part)) continue;
      shown.set(part, said(fresh));
      renew(part, fresh);
    }
  };
  let waiting = null;
  const soon = () => {
    clearTimeout(waiting);
    // Many changes of one phone make one reload.
    waiting = setTimeout(refresh, 400);
  };
  const source = new EventSource('/live');
  source.addEventListener('changed', soon);
  // Nobody told of what came before this line stood, or while it was cut.
  source.addEventListener('open', soon);
  notice?.querySelector('button')?.addEventListener('click', () => refresh(true));
  addEventListener('pagehide', () => source.close());
})();

// Forms that choose what a page shows go as soon as something is chosen.
document.querySelectorAll('form[data-at-once]').forEach((form) => {
  form.addEventListener('change', () => form.requestSubmit());
});
