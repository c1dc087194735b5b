/*
 * Inspector: asks about a node or a call and shows the answer.
 *
 * Owns which page is shown, the way back, and that a late answer to an earlier
 * question is thrown away. The pages themselves are node-page.ts and call-page.ts.
 */
import type { CallInspected, CallRow } from '../schema/messages';
import type { Replays } from '../state/replays';
import type { Ask } from '../state/transport';
import type { Words } from '../state/words';
import { callPage } from './call-page';
import { button, html } from './dom';
import { NodePage, PAGE_SIZE } from './node-page';
import { failureNote, waitingNote } from './notes';
import { ReplayForm } from './replay-form';

/** What an inspector needs of its surroundings. */
export interface InspectorOptions {
  ask: Ask;
  words: Words;
  /** Where replays are paired; null hides the replay form. */
  replays: Replays | null;
  onClose: () => void;
}

type Place = { kind: 'none' } | { kind: 'node'; id: string } | { kind: 'call'; call: CallRow };

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
  private node = '';
  private round = 0;
  private refreshTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: InspectorOptions) {
    this.element.setAttribute('aria-label', options.words.__('Inspector'));
    this.element.append(this.bar, this.content);
    this.element.hidden = true;
    this.element.addEventListener('keydown', event => {
      if (event.key === 'Escape' && !(event.target instanceof HTMLInputElement)) {
        event.stopPropagation();
        options.onClose();
      }
    });
  }

  /** Show a node; '' closes the inspector. */
  showNode(id: string): void {
    if (id === this.node && this.place.kind === 'node') {
      return;
    }
    this.node = id;
    this.go(id === '' ? { kind: 'none' } : { kind: 'node', id });
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
    if (this.place.kind === 'call' && this.node !== '') {
      const back = (): void => this.go({ kind: 'node', id: this.node });
      parts.push(button(words.__('← All calls'), back, 'mandala-link'));
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
      const page =
        place.kind === 'node' ? await this.nodePage(place.id) : await this.call(place.call);
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

  private async nodePage(id: string): Promise<HTMLElement> {
    const { ask, words } = this.options;
    const request = { type: 'node.inspect', node: id, offset: 0, limit: PAGE_SIZE } as const;
    const reply = await ask<'node.inspect'>(request);
    const onCall = (call: CallRow): void => this.go({ kind: 'call', call });
    return new NodePage(reply, { ask, words, onCall }).element;
  }

  private async call(call: CallRow): Promise<HTMLElement> {
    const { ask, words } = this.options;
    const reply = await ask<'call.inspect'>({ type: 'call.inspect', hid: call.hid });
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
