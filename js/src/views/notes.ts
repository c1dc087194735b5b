/*
 * Small notes: waiting, and what went wrong with what to do next.
 */
import { TransportError } from '../state/transport';
import type { Words } from '../state/words';
import { button, html } from './dom';

/** A note that something is under way. */
export function waitingNote(text: string): HTMLElement {
  const note = html('p', 'mandala-waiting', html('span', 'mandala-pulse'), text);
  note.setAttribute('role', 'status');
  return note;
}

/** A note on a failure, with a button to try again. */
export function failureNote(reason: unknown, retry: () => void, words: Words): HTMLElement {
  const note = html(
    'div',
    'mandala-failure',
    html('strong', '', failureTitle(reason, words)),
    html('p', '', reason instanceof Error ? reason.message : String(reason)),
    button(words.__('Try again'), retry)
  );
  note.setAttribute('role', 'alert');
  return note;
}

function failureTitle(reason: unknown, words: Words): string {
  return reason instanceof TransportError
    ? words.__('No answer from the kernel')
    : words.__('The kernel could not do this');
}
