// Spares readers a reload: what is new shows by itself. Pages work without this file.
(() => {
  const live = document.querySelector('[data-live]');
  if (!live || !window.EventSource) return;
  const notice = document.querySelector('[data-live-notice]');
  const busy = () => {
    const at = document.activeElement;
    return (at && live.contains(at)) || live.querySelector('details[open] form, dialog[open]');
  };
  const refresh = async () => {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html', 'Vicinity-By-Itself': '1' } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.querySelector('[data-live]');
    if (fresh) live.replaceChildren(...fresh.childNodes);
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
