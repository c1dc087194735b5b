/*
 * The page of one value: a look at it, the call that made it, and those that took it.
 */
import type { CallRow, RefInspected } from '../schema/messages';
import type { Words } from '../state/words';
import { CallList } from './call-list';
import { html, section } from './dom';
import { valueItem } from './preview';

/** Make the page of a value; its calls are chosen with their buttons. */
export function refPage(
  reply: RefInspected,
  words: Words,
  onCall: (call: CallRow) => void
): HTMLElement {
  const title = html('h3', 'mandala-title', html('span', '', reply.value.name));
  title.append(html('small', '', words.__('value')));
  const page = html('div', 'mandala-page', title, valueItem(reply.value, words));
  const calls = (rows: readonly CallRow[]): HTMLElement => {
    const list = new CallList(words, onCall);
    list.append(rows);
    return list.element;
  };
  const given = html('p', 'mandala-note', words.__('No call made it: it was given.'));
  page.append(section(words.__('Made by'), reply.maker ? calls([reply.maker]) : given));
  const left = reply.takersTotal - reply.takers.length;
  const parts =
    reply.takers.length > 0
      ? [calls(reply.takers)]
      : [html('p', 'mandala-note', words.__('No call took it.'))];
  if (left > 0) {
    parts.push(html('p', 'mandala-note', words._n('and %1 earlier', 'and %1 earlier', left)));
  }
  page.append(section(words.__('Taken by'), ...parts));
  return page;
}
