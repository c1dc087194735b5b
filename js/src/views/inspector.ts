/*
 * Inspector: asks about a node or a call and shows the answer.
 *
 * Owns which page is shown, the way back, and that a late answer to an earlier
 * question is thrown away. The pages themselves are node-page.ts, call-page.ts, ref-page.ts.
 */
import type { CallInspected, SceneNode } from '../schema/messages';
import type { Replays } from '../state/replays';
import type { Ask } from '../state/transport';
import type { Words } from '../state/words';
import { keepTrue } from './age';
import { callPage } from './call-page';
import { button, html } from './dom';
import { NodePage, PAGE_SIZE } from './node-page';
import { failureNote, waitingNote } from './notes';
import { refPage } from './ref-page';
import { ReplayForm } from './replay-form';

/** What an inspector needs of its surroundings. */
export interface InspectorOptions {
  ask: Ask;
  words: Words;
  /** Where replays are paired; null hides the replay form. */
  replays: Replays | null;
  onClose: () => void;
  /** What can be done with the shown node; stands above the page. */
  actions?: HTMLElement;
}

type Place =
  | { kind: 'none' }
  | { kind: 'node'; id: string }
  | { kind: 'call'; hid: string }
  | { kind: 'ref'; hid: string };

/** An answer that comes this fast needs no waiting note. */
const QUICK_MS = 150;
/** Changes of the shown node are gathered for this long before asking again. */
const REFRESH_MS = 400;

/** The pane that shows what is behind a node. */
export class Inspector {
  readonly element = html('section', 'mandala-inspector');
  private readonly bar = html('div', 'mandala-inspector-bar');
  private readonly content = html('div', 'mandala-inspector-content');
  private place: Place = { kind: 'none' };
  /** The shown node, and the variable or operation that it is or belongs to. */
  private shown = '';
  private node = '';
  private round = 0;
  private refreshTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly stopAging: () => void;

  constructor(private readonly options: InspectorOptions) {
    this.element.setAttribute('aria-label', options.words.__('Inspector'));
    this.element.append(this.bar, ...(options.actions ? [options.actions] : []), this.content);
    this.element.hidden = true;
    this.stopAging = keepTrue(this.content, options.words);
    this.element.addEventListener('keydown', event => {
      if (event.key === 'Escape' && !(event.target instanceof HTMLInputElement)) {
        event.stopPropagation();
        options.onClose();
      }
    });
  }

  /** Show what is behind a node: its page, or that of the call or value it is; '' closes the inspector. */
  showNode(id: string, node?: SceneNode): void {
    const place = placeOf(id, node);
    if (id === this.shown && place.kind === this.place.kind) {
      return;
    }
    this.shown = id;
    this.node = node?.group || id;
    this.go(place);
  }

  /** The shown node changed in the kernel: look again soon, without a flicker. */
  refreshSoon(): void {
    if (this.place.kind !== 'node' || this.refreshTimer !== undefined) {
      return;
    }
    this.refreshTimer = setTimeout(() => {
      this.refreshTimer = undefined;
      if (this.place.kind === 'node') {
        void this.load(this.place);
      }
    }, REFRESH_MS);
  }

  /** Stop timers and forget late answers. */
  dispose(): void {
    clearTimeout(this.refreshTimer);
    this.stopAging();
    this.round += 1;
    this.element.remove();
  }

  private go(place: Place): void {
    this.place = place;
    this.element.hidden = place.kind === 'none';
    this.fillBar();
    this.content.replaceChildren();
    this.content.scrollTop = 0;
    void this.load(place);
  }

  private fillBar(): void {
    const { words, onClose } = this.options;
    const parts: Node[] = [];
    if (this.place.kind === 'call' || this.place.kind === 'ref') {
      const back = (): void => this.go({ kind: 'node', id: this.node });
      const isOp = this.node.startsWith('op:');
      const label = isOp ? words.__('← All calls') : words.__('← All values');
      parts.push(button(label, back, 'mandala-link'));
    } else {
      parts.push(html('span', 'mandala-bar-title', this.kindWord()));
    }
    const close = button('✕', onClose, 'mandala-icon-button');
    close.title = words.__('Close the inspector');
    close.setAttribute('aria-label', close.title);
    this.bar.replaceChildren(...parts, close);
  }

  private kindWord(): string {
    const { words } = this.options;
    return this.node.startsWith('op:') ? words.__('Operation') : words.__('Variable');
  }

  private async load(place: Place): Promise<void> {
    this.round += 1;
    const { round } = this;
    if (place.kind === 'none') {
      return;
    }
    const slow = setTimeout(() => this.showWaiting(round), QUICK_MS);
    try {
      const page = await this.page(place);
      if (round === this.round) {
        this.content.replaceChildren(page);
      }
    } catch (reason) {
      if (round === this.round) {
        const retry = (): void => this.go(place);
        this.content.replaceChildren(failureNote(reason, retry, this.options.words));
      }
    } finally {
      clearTimeout(slow);
    }
  }

  private showWaiting(round: number): void {
    if (round === this.round && this.content.childElementCount === 0) {
      this.content.append(waitingNote(this.options.words.__('Asking the kernel…')));
    }
  }

  private page(place: Exclude<Place, { kind: 'none' }>): Promise<HTMLElement> {
    switch (place.kind) {
      case 'node':
        return this.nodePage(place.id);
      case 'call':
        return this.call(place.hid);
      case 'ref':
        return this.value(place.hid);
    }
  }

  private async nodePage(id: string): Promise<HTMLElement> {
    const { ask, words } = this.options;
    const request = { type: 'node.inspect', node: id, offset: 0, limit: PAGE_SIZE } as const;
    const reply = await ask<'node.inspect'>(request);
    return new NodePage(reply, { ask, words, onCall: ({ hid }) => this.go({ kind: 'call', hid }) })
      .element;
  }

  private async value(hid: string): Promise<HTMLElement> {
    const { ask, words } = this.options;
    const reply = await ask<'ref.inspect'>({ type: 'ref.inspect', hid, variable: this.node });
    return refPage(reply, words, call => this.go({ kind: 'call', hid: call.hid }));
  }

  private async call(hid: string): Promise<HTMLElement> {
    const { ask, words } = this.options;
    const reply = await ask<'call.inspect'>({ type: 'call.inspect', hid });
    return callPage(reply, words, ...this.replayForm(reply));
  }

  private replayForm(reply: CallInspected): HTMLElement[] {
    const { ask, replays, words } = this.options;
    if (replays === null) {
      return [];
    }
    const options = { ask, replays, words };
    return [new ReplayForm(reply.call.hid, reply.editable, options).element];
  }
}

function placeOf(id: string, node: SceneNode | undefined): Place {
  if (id === '') {
    return { kind: 'none' };
  }
  if (node?.kind === 'call' || node?.kind === 'ref') {
    return { kind: node.kind, hid: node.element };
  }
  return { kind: 'node', id: node?.group || id };
}
