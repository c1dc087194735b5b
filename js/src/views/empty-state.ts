/*
 * EmptyState: what is said when there is no graph, and the lines that make one.
 */
import type { Words } from '../state/words';
import { button, codeBlock, html } from './dom';

/** Why there is nothing to show. */
export type Emptiness = 'no-notebook' | 'no-kernel' | 'asking' | 'silent' | 'no-calls';

/** The lines that start a recording. */
export const FIRST_LINES = [
  '%load_ext mandala_lab',
  '%mandala on results.db',
  'from mandala_lab import op',
  '',
  '@op',
  'def double(x):',
  '    return 2 * x',
  '',
  'double(21)'
].join('\n');

const COPIED_MS = 1500;

/** Make the text that stands where the graph will be. */
export function emptyState(why: Emptiness, problem: string, words: Words): HTMLElement {
  const state = html('div', 'mandala-empty', html('h3', '', title(why, words)));
  if (problem !== '') {
    const note = html('p', 'mandala-failure', problem);
    note.setAttribute('role', 'alert');
    state.append(note);
  }
  state.append(html('p', '', explanation(why, words)));
  if (why === 'silent' || why === 'no-notebook' || why === 'no-kernel') {
    const code = codeBlock(FIRST_LINES, words.__('lines that start a recording'));
    const copy = button(words.__('Copy'), () => void copyLines(copy, words));
    state.append(html('div', 'mandala-snippet', code, copy));
  }
  return state;
}

function title(why: Emptiness, words: Words): string {
  switch (why) {
    case 'no-notebook':
      return words.__('No notebook in front');
    case 'no-kernel':
      return words.__('This notebook has no kernel');
    case 'asking':
      return words.__('Asking the kernel…');
    case 'silent':
      return words.__('Nothing is recorded yet');
    case 'no-calls':
      return words.__('Recording. No call so far');
  }
}

function explanation(why: Emptiness, words: Words): string {
  switch (why) {
    case 'no-notebook':
      return words.__('Open a notebook and run these lines in it; its graph appears here.');
    case 'no-kernel':
      return words.__('Start a kernel, then run these lines; the graph appears here.');
    case 'asking':
      return words.__('A kernel that records answers at once.');
    case 'silent':
      return words.__(
        'Run these lines in the notebook. Every call of an @op is kept, and drawn here.'
      );
    case 'no-calls':
      return words.__('Put @op above a function and call it: its graph grows here.');
  }
}

async function copyLines(copy: HTMLButtonElement, words: Words): Promise<void> {
  try {
    await navigator.clipboard.writeText(FIRST_LINES);
    copy.textContent = words.__('Copied');
  } catch {
    copy.textContent = words.__('Select the lines and copy them with the keyboard');
  }
  setTimeout(() => {
    copy.textContent = words.__('Copy');
  }, COPIED_MS);
}
