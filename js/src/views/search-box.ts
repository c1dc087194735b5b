/*
 * SearchBox: finds nodes by a part of their names; Enter goes from hit to hit.
 */
import type { SceneNode } from '../schema/messages';
import { Signal } from '../state/signal';
import type { Words } from '../state/words';
import { html } from './dom';

/** A field, and how many nodes were found. */
export class SearchBox {
  readonly element = html('div', 'mandala-search');
  /** Somebody went to a node. */
  readonly went = new Signal<string>();
  private readonly field = html('input', 'mandala-input');
  private readonly count = html('span', 'mandala-search-count');
  private hits: string[] = [];
  private at = -1;

  /** Nodes are gone through in the order in which they are given. */
  constructor(
    private readonly nodes: readonly SceneNode[],
    private readonly words: Words
  ) {
    this.field.type = 'search';
    this.field.placeholder = words.__('Find a node');
    this.field.setAttribute('aria-label', words.__('Find a node by its name'));
    this.field.title = words.__('Enter goes to the next one, Shift with Enter back');
    this.count.setAttribute('role', 'status');
    this.field.addEventListener('input', () => this.find());
    this.field.addEventListener('keydown', event => this.onKey(event));
    this.element.append(this.field, this.count);
  }

  /** Put the cursor into the field. */
  focus(): void {
    this.field.focus();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === 'Enter' && this.hits.length > 0) {
      event.preventDefault();
      const step = event.shiftKey ? -1 : 1;
      const start = this.at < 0 && step < 0 ? 0 : this.at;
      this.at = (start + step + this.hits.length) % this.hits.length;
      this.tell();
      this.went.emit(this.hits[this.at] ?? '');
    }
  }

  private find(): void {
    const wanted = this.field.value.trim().toLowerCase();
    const found = this.nodes.filter(node => node.label.toLowerCase().includes(wanted));
    this.hits = wanted === '' ? [] : found.map(node => node.id);
    this.at = -1;
    this.tell();
  }

  private tell(): void {
    const { words, hits, at } = this;
    if (this.field.value.trim() === '') {
      this.count.textContent = '';
    } else if (hits.length === 0) {
      this.count.textContent = words.__('none found');
    } else if (at < 0) {
      this.count.textContent = words._n('%1 found', '%1 found', hits.length);
    } else {
      this.count.textContent = words.__('%1 of %2', at + 1, hits.length);
    }
  }
}
