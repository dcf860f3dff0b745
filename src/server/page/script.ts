// Script of the page at /: sends the request of a card and shows what comes back, class names beside their scores.

export const script = `
for (const card of document.querySelectorAll('section')) {
  const [text, button, state, result] = ['textarea', 'button', '.state', 'pre'].map((part) => card.querySelector(part));
  const labels = JSON.parse(card.dataset.labels);
  const named = ({ name, shape, data }) => {
    const names = labels[name];
    const width = shape[shape.length - 1];
    if (!names || names.length !== width || data.length !== width * (shape[0] || 1)) return '';
    let lines = '';
    for (let row = 0; row * width < data.length; row++) {
      const scores = data.slice(row * width, (row + 1) * width);
      const best = scores.indexOf(Math.max(...scores));
      lines += name + (data.length > width ? ' row ' + row : '') + ': ' + names[best] + ' (' + scores[best].toPrecision(4) + ')\\n';
    }
    return lines;
  };
  const show = (words, isBad, body) => {
    state.textContent = words;
    state.classList.toggle('bad', isBad);
    result.hidden = body === '';
    result.textContent = body;
  };
  const run = async () => {
    button.disabled = true;
    try {
      const request = text.value.trim() === '' ? await (await fetch(card.dataset.path + '/sample')).text() : text.value;
      const started = performance.now();
      const reply = await fetch(card.dataset.path + '/infer', {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: request,
      });
      const body = await reply.json();
      const took = (performance.now() - started).toFixed(1) + ' ms';
      if (reply.ok) show(reply.status + ' in ' + took, false, body.outputs.map(named).join('') + JSON.stringify(body, null, 1).replace(/\\[\\s+([^\\[\\]{}]*?)\\s+\\]/g, (_, items) => '[' + items.replace(/\\s+/g, ' ') + ']'));
      else show(reply.status + ': ' + body.error, true, '');
    } catch (error) {
      show(String(error.message || error), true, '');
    }
    button.disabled = false;
  };
  button.addEventListener('click', run);
  text.addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run(); });
}
`;
