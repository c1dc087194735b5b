/*
 * A bar between two panes that moves by pointer and by arrow keys. The panes may
 * lie beside or below each other; the style sheet decides, the bar follows.
 */
import type { Words } from '../state/words';
import { html } from './dom';

const LEAST = 0.15;
const MOST = 0.85;
const STEP = 0.05;
const STEPS: Record<string, number | undefined> = {
  ArrowUp: -1,
  ArrowLeft: -1,
  ArrowDown: 1,
  ArrowRight: 1
};
const START = 0.5;

/** Make the bar; it sets `--mandala-split` (share of the first pane) on `frame`. */
export function splitter(frame: HTMLElement, words: Words): HTMLElement {
  const bar = html('div', 'mandala-splitter');
  let share = START;
  bar.tabIndex = 0;
  bar.setAttribute('role', 'separator');
  bar.setAttribute('aria-label', words.__('Size of graph and inspector'));
  const set = (wanted: number): void => {
    share = Math.min(Math.max(wanted, LEAST), MOST);
    frame.style.setProperty('--mandala-split', share.toFixed(3));
    bar.setAttribute('aria-valuenow', String(Math.round(share * 100)));
  };
  set(START);
  bar.addEventListener('pointerdown', event => {
    bar.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  bar.addEventListener('pointermove', event => {
    if (bar.hasPointerCapture(event.pointerId)) {
      set(shareAt(frame, event));
    }
  });
  bar.addEventListener('keydown', event => {
    const step = STEPS[event.key];
    if (step !== undefined) {
      set(share + step * STEP);
      event.preventDefault();
    }
  });
  return bar;
}

function shareAt(frame: HTMLElement, event: PointerEvent): number {
  const bounds = frame.getBoundingClientRect();
  const sideBySide = getComputedStyle(frame).flexDirection === 'row';
  return sideBySide
    ? (event.clientX - bounds.left) / bounds.width
    : (event.clientY - bounds.top) / bounds.height;
}
