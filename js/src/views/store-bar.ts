/*
 * StoreBar: the head line. Which store, how many calls, what was saved.
 */
import type { StoreInfo } from '../schema/messages';
import type { Freshness } from '../state/store';
import type { Words } from '../state/words';
import { html } from './dom';
import { duration } from './format';

/** The head line of the panel. */
export class StoreBar {
  readonly element = html('div', 'mandala-store');
  private readonly state = html('span', 'mandala-live');
  private readonly label = html('span', 'mandala-store-label');
  private readonly counts = html('span', 'mandala-store-counts');

  constructor(private readonly words: Words) {
    const line = html('div', 'mandala-store-line', this.label, this.state);
    this.element.append(line, this.counts);
  }

  /** Show what is known of the store. */
  update(info: StoreInfo | null, freshness: Freshness): void {
    const { words } = this;
    const live = freshness === 'live';
    const word = live ? words.__('live') : words.__('as last seen');
    this.state.replaceChildren(html('span', live ? 'mandala-dot mandala-on' : 'mandala-dot'), word);
    this.label.textContent = info === null ? words.__('store') : lastPart(info.label);
    this.label.title = info?.label ?? '';
    const parts = info === null ? [] : countParts(info, words);
    this.counts.replaceChildren(...parts.map(part => html('span', '', part)));
  }
}

/** The name at the end of a path; the whole path stands in the tooltip. */
function lastPart(label: string): string {
  return /[^/\\]+$/.exec(label)?.[0] ?? label;
}

function countParts(info: StoreInfo, words: Words): string[] {
  const parts = [
    words._n('%1 call', '%1 calls', info.calls),
    words.__('%1 computed', info.computed),
    words.__('%1 cached', info.cached)
  ];
  if (info.errors > 0) {
    parts.push(words._n('%1 error', '%1 errors', info.errors));
  }
  if (info.savedS > 0) {
    parts.push(words.__('saved %1', duration(info.savedS)));
  }
  return parts;
}
