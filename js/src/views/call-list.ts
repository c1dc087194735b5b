/*
 * CallList: the table of an op's calls. A row is chosen with its button.
 */
import { glyphIcon, statusWord } from '../draw/status';
import type { CallRow } from '../schema/messages';
import type { Words } from '../state/words';
import { age } from './age';
import { button, html } from './dom';
import { duration } from './format';

/** The table of calls; `append` adds another page. */
export class CallList {
  readonly element: HTMLElement;
  private readonly body = html('tbody');

  constructor(
    private readonly words: Words,
    private readonly onChosen: (call: CallRow) => void
  ) {
    const titles = [words.__('Call'), words.__('Outcome'), words.__('Took'), words.__('When')];
    const head = html('tr', '', ...titles.map(title => html('th', '', title)));
    this.element = html('table', 'mandala-table mandala-calls', html('thead', '', head), this.body);
  }

  /** Add calls at the end. */
  append(calls: readonly CallRow[]): void {
    this.body.append(...calls.map(call => this.row(call)));
  }

  private row(call: CallRow): HTMLTableRowElement {
    const choose = (): void => this.onChosen(call);
    const open = button(call.arguments || this.words.__('(no arguments)'), choose, 'mandala-link');
    open.title = call.arguments;
    const outcome = html('td', 'mandala-outcome', outcomeBadge(call.status, this.words));
    if (call.error !== '') {
      outcome.title = call.error;
    }
    const when = age('td', 'mandala-when', call.startedS, this.words);
    const took = html('td', 'mandala-number', duration(call.durationS));
    return html('tr', '', html('td', 'mandala-arguments', open), outcome, took, when);
  }
}

/** Glyph and word of a call's outcome. */
export function outcomeBadge(status: CallRow['status'], words: Words): HTMLElement {
  return html(
    'span',
    `mandala-badge mandala-badge-${status}`,
    glyphIcon(status),
    html('span', '', statusWord(status, words))
  );
}
