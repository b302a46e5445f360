// Spares readers a reload: what is new shows by itself. Pages work without this file.
(() => {
  const live = document.querySelector('[data-live]');
  if (!live || !window.EventSource) return;
  const notice = document.querySelector('[data-live-notice]');
  const busy = () => {
    const at = document.activeElement;
    return (at && live.contains(at)) || live.querySelector('details[open] form, dialog[open]');
  };
  let shown = live.innerHTML;
  let asks = 0;
  const refresh = async (byHand) => {
    const ask = ++asks;
    const answer = await fetch(location.href, { headers: { Accept: 'text/html', 'Vicinity-By-Itself': '1' } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.querySelector('[data-live]');
    // An older answer may come last.
    if (!fresh || ask !== asks) return;
    // What is the same does not move, and nothing moves under a reader's hands.
    const same = fresh.innerHTML === shown;
    const later = !same && !byHand && busy();
    if (notice) notice.hidden = !later;
    if (same || later) return;
    shown = fresh.innerHTML;
    live.replaceChildren(...fresh.childNodes);
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
