/*
 * NodePage: what the inspector shows of a node: an op with its calls, code and
 * documentation, or a variable with its values. Loads further pages on demand.
 */
import type { CallRow, NodeInspected } from '../schema/messages';
import type { Ask } from '../state/transport';
import type { Words } from '../state/words';
import { CallList } from './call-list';
import { button, codeBlock, fold, html, section } from './dom';
import { failureNote } from './notes';
import { valueItem } from './preview';

/** How many calls or values are asked for at a time. */
export const PAGE_SIZE = 50;

/** What a page needs of its surroundings. */
export interface NodePageOptions {
  ask: Ask;
  words: Words;
  onCall: (call: CallRow) => void;
}

/** The page of one node, from its first reply on. */
export class NodePage {
  readonly element = html('div', 'mandala-page');
  private readonly calls: CallList;
  private readonly values = html('div', 'mandala-values');
  private readonly more = html('div', 'mandala-more');
  private shown = 0;

  constructor(
    private readonly first: NodeInspected,
    private readonly options: NodePageOptions
  ) {
    this.calls = new CallList(options.words, options.onCall);
    this.element.append(...this.parts());
    this.append(first);
  }

  private parts(): HTMLElement[] {
    const { words } = this.options;
    const { kind, label, doc, source } = this.first;
    const title = html('h3', 'mandala-title', html('span', '', label));
    const count =
      kind === 'op'
        ? words._n('%1 call', '%1 calls', this.first.total)
        : words._n('%1 value', '%1 values', this.first.total);
    title.append(html('small', '', count));
    const parts: HTMLElement[] = [title];
    if (doc !== '') {
      parts.push(html('p', 'mandala-doc', doc));
    }
    const content = kind === 'op' ? this.calls.element : this.values;
    parts.push(section(kind === 'op' ? words.__('Calls') : words.__('Values'), content, this.more));
    if (source !== '') {
      parts.push(fold(words.__('Source code'), codeBlock(source, words.__('source of %1', label))));
    }
    return parts;
  }

  private append(page: NodeInspected): void {
    const { words } = this.options;
    this.calls.append(page.calls);
    this.values.append(...page.values.map(row => valueItem(row, words)));
    this.shown = page.offset + page.calls.length + page.values.length;
    const left = page.total - this.shown;
    const arrived = page.calls.length + page.values.length > 0;
    this.more.replaceChildren();
    if (left > 0 && arrived) {
      const label = words.__('Show %1 more of %2', Math.min(left, PAGE_SIZE), left);
      this.more.append(button(label, () => void this.loadMore()));
    }
  }

  private async loadMore(): Promise<void> {
    const { ask, words } = this.options;
    const { node } = this.first;
    this.more.querySelector('button')?.setAttribute('disabled', '');
    try {
      const request = { type: 'node.inspect', node, offset: this.shown, limit: PAGE_SIZE } as const;
      this.append(await ask<'node.inspect'>(request));
    } catch (reason) {
      this.more.replaceChildren(failureNote(reason, () => void this.loadMore(), words));
    }
  }
}
