/*
 * Ages: how long ago moments were, in words that stay true while they are shown.
 */
import type { Words } from '../state/words';
import { html } from './dom';
import { ago, moment } from './format';

/** How often the words are looked at again. */
export const EVERY_MS = 10_000;

/** An element that says how long ago a moment was; its title is the moment. */
export function age(
  tag: 'span' | 'td',
  className: string,
  when: number,
  words: Words
): HTMLElement {
  const element = html(tag, className, ago(when, Date.now() / 1000, words));
  element.title = moment(when);
  element.dataset.when = String(when);
  return element;
}

/** Keep all ages under an element true; returns what ends this. */
export function keepTrue(root: HTMLElement, words: Words): () => void {
  const timer = setInterval(() => {
    const now = Date.now() / 1000;
    for (const element of root.querySelectorAll<HTMLElement>('[data-when]')) {
      element.textContent = ago(Number(element.dataset.when), now, words);
    }
  }, EVERY_MS);
  return () => clearInterval(timer);
}
