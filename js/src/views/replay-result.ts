/*
 * The outcome of a replay: a verdict in words, what differs, and the new frame
 * beside the old one.
 */
import { stillPicture } from '../draw/still';
import type { Difference, ReplayFinished, Scene } from '../schema/messages';
import type { Words } from '../state/words';
import { button, codeBlock, html } from './dom';

/** Make the view of an outcome. */
export function replayResult(finished: ReplayFinished, words: Words): HTMLElement {
  const { before, after, error, summary } = finished;
  const result = html(
    'div',
    `mandala-result mandala-verdict-${finished.verdict}`,
    html('strong', 'mandala-verdict', verdictWord(finished.verdict, words)),
    html('p', '', summary)
  );
  result.setAttribute('role', 'status');
  if (!summary.includes(error)) {
    result.append(codeBlock(error, words.__('error of the replay')));
  }
  if (finished.differences.length > 0) {
    result.append(differenceTable(finished.differences, words));
  }
  if (before !== null && after !== null) {
    const marked = new Set(finished.differences.map(({ node }) => `var:${node}`));
    result.append(pictures(before, after, marked, words));
  }
  return result;
}

function verdictWord(verdict: ReplayFinished['verdict'], words: Words): string {
  switch (verdict) {
    case 'same':
      return words.__('= Same result');
    case 'changed':
      return words.__('≠ The result changed');
    case 'diverged':
      return words.__('⤳ The replay took another path');
    case 'failed':
      return words.__('✕ The replay failed');
  }
}

function differenceTable(differences: readonly Difference[], words: Words): HTMLElement {
  const titles = [words.__('Node'), words.__('Before'), words.__('After')];
  const head = html('tr', '', ...titles.map(title => html('th', '', title)));
  const rows = differences.map(({ node, before, after }) =>
    html(
      'tr',
      '',
      html('td', '', node),
      html('td', 'mandala-before', before),
      html('td', 'mandala-after', after)
    )
  );
  const table = html(
    'table',
    'mandala-table mandala-differences',
    html('thead', '', head),
    html('tbody', '', ...rows)
  );
  return html('div', 'mandala-scroll', table);
}

function pictures(
  before: Scene,
  after: Scene,
  marked: ReadonlySet<string>,
  words: Words
): HTMLElement {
  const frame = html('div', 'mandala-pictures');
  frame.append(picture(words.__('Before'), before, marked, words));
  frame.append(picture(words.__('After'), after, marked, words));
  const size = button(
    words.__('Larger'),
    () => {
      const large = frame.classList.toggle('mandala-large');
      size.textContent = large ? words.__('Smaller') : words.__('Larger');
    },
    'mandala-link'
  );
  frame.prepend(size);
  return frame;
}

function picture(
  caption: string,
  scene: Scene,
  marked: ReadonlySet<string>,
  words: Words
): HTMLElement {
  const drawing = stillPicture(scene, caption, marked, words);
  return html('figure', 'mandala-picture', html('figcaption', '', caption), drawing);
}
