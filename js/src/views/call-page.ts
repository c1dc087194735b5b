/*
 * The page of one call: outcome, inputs, outputs, traceback, code. Where replays
 * are possible the caller adds the form (replay-form.ts).
 */
import type { CallInspected, ValueRow } from '../schema/messages';
import type { Words } from '../state/words';
import { age } from './age';
import { outcomeBadge } from './call-list';
import { codeBlock, fold, html, section } from './dom';
import { duration, shortId } from './format';
import { valueItem } from './preview';

/** Make the page of a call; `extra` comes after the values, before the code. */
export function callPage(reply: CallInspected, words: Words, ...extra: HTMLElement[]): HTMLElement {
  const { call, source, traceback } = reply;
  const page = html('div', 'mandala-page', heading(reply, words));
  if (call.status === 'error') {
    page.append(
      section(
        words.__('Error'),
        html('p', 'mandala-error-text', call.error),
        codeBlock(traceback || call.error, words.__('traceback'))
      )
    );
  }
  page.append(
    section(
      words.__('Inputs'),
      ...values(reply.inputs, words.__('This call had no inputs.'), words)
    )
  );
  if (reply.outputs.length > 0 || call.status !== 'error') {
    const none = words.__('This call returned nothing.');
    page.append(section(words.__('Outputs'), ...values(reply.outputs, none, words)));
  }
  page.append(...extra);
  if (source !== '') {
    const label = words.__('source of %1', call.op);
    page.append(fold(words.__('Source code'), codeBlock(source, label)));
  }
  return page;
}

function heading(reply: CallInspected, words: Words): HTMLElement {
  const { call } = reply;
  const id = html('code', 'mandala-id', shortId(call.hid));
  id.title = words.__('history id %1', call.hid);
  return html(
    'header',
    '',
    html('h3', 'mandala-title', html('span', '', call.op), outcomeBadge(call.status, words)),
    html(
      'p',
      'mandala-meta',
      html('span', '', duration(call.durationS)),
      age('span', '', call.startedS, words),
      id
    )
  );
}

function values(rows: readonly ValueRow[], none: string, words: Words): HTMLElement[] {
  if (rows.length === 0) {
    return [html('p', 'mandala-note', none)];
  }
  return rows.map(row => valueItem(row, words));
}
