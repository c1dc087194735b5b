/*
 * PanelView: everything in the side panel. Chooses between the graph and the
 * empty state, and says when what is shown is not live.
 */
import type { FrameClient } from '../state/client';
import type { FrameStore } from '../state/store';
import type { Ask } from '../state/transport';
import type { ViewState } from '../state/view';
import type { Words } from '../state/words';
import { button, html } from './dom';
import { emptyState } from './empty-state';
import type { Emptiness } from './empty-state';
import { StoreBar } from './store-bar';
import { Workbench } from './workbench';

/** Whether there is something to talk to. */
export type Surroundings = 'no-notebook' | 'no-kernel' | 'kernel';

/** What the panel view needs of its surroundings. */
export interface PanelViewOptions {
  store: FrameStore;
  client: FrameClient;
  view: ViewState;
  /** Where the inspector asks. */
  ask: Ask;
  words: Words;
  /** Start recording again in the notebook's kernel; rejects with what went wrong. */
  resume: () => Promise<void>;
}

/** The side panel's content. */
export class PanelView {
  readonly element = html('div', 'mandala mandala-panel');
  private readonly bar: StoreBar;
  private readonly notice = html('div', 'mandala-notice');
  private readonly empty = html('div', 'mandala-empty-place');
  private readonly workbench: Workbench;
  private readonly stops: (() => void)[];
  private surroundings: Surroundings = 'no-notebook';
  private resumeProblem = '';
  private shown = '';

  constructor(private readonly options: PanelViewOptions) {
    const { store, client, view, ask, words } = options;
    this.bar = new StoreBar(words);
    this.workbench = new Workbench({
      store,
      view,
      ask,
      words,
      replays: client.replays,
      place: 'panel'
    });
    this.notice.setAttribute('role', 'status');
    this.element.append(this.bar.element, this.notice, this.empty, this.workbench.element);
    this.stops = [
      store.changed.connect(() => this.update()),
      client.contactChanged.connect(() => this.update()),
      view.changed.connect(() => this.update())
    ];
    this.update();
  }

  /** Tell whether there is a notebook and a kernel. */
  setSurroundings(surroundings: Surroundings): void {
    this.surroundings = surroundings;
    this.resumeProblem = '';
    this.update();
  }

  /** Show the whole graph. */
  fit(): void {
    this.workbench.graph.scene.fit();
  }

  /** Stop listening and take everything away. */
  dispose(): void {
    this.stops.forEach(stop => stop());
    this.workbench.dispose();
    this.element.remove();
  }

  private update(): void {
    const { store, client, words } = this.options;
    const emptiness = this.emptiness();
    const { freshness, info } = store;
    this.bar.update(info, freshness);
    this.bar.element.hidden = freshness === 'none';
    this.workbench.element.hidden = emptiness !== null;
    this.empty.hidden = emptiness === null;
    const shown = `${emptiness ?? ''} ${client.problem}`;
    if (shown !== this.shown) {
      this.shown = shown;
      this.empty.replaceChildren(
        ...(emptiness === null ? [] : [emptyState(emptiness, client.problem, words)])
      );
    }
    this.updateNotice();
  }

  private emptiness(): Emptiness | null {
    const { store, client, view } = this.options;
    const isPart = view.view.selection !== '';
    if (store.scene !== null && (isPart || store.scene.nodes.length > 0)) {
      return null;
    }
    if (this.surroundings !== 'kernel') {
      return this.surroundings;
    }
    if (client.contact === 'live') {
      return 'no-calls';
    }
    return client.contact === 'asking' ? 'asking' : 'silent';
  }

  private updateNotice(): void {
    const { store, client, words } = this.options;
    this.notice.hidden = store.freshness !== 'remembered';
    if (this.notice.hidden) {
      return;
    }
    const asking = client.contact === 'asking';
    const text = asking
      ? words.__('As last seen. Asking the kernel…')
      : words.__('As last seen: the kernel is not recording.');
    const parts: Node[] = [html('span', '', this.resumeProblem || client.problem || text)];
    if (this.surroundings === 'kernel' && !asking) {
      parts.push(button(words.__('Continue recording'), () => void this.resume()));
    }
    this.notice.replaceChildren(...parts);
  }

  private async resume(): Promise<void> {
    const { words } = this.options;
    this.resumeProblem = words.__('Waiting for the kernel…');
    this.updateNotice();
    try {
      await this.options.resume();
      this.resumeProblem = '';
    } catch (reason) {
      const told = reason instanceof Error ? reason.message : String(reason);
      this.resumeProblem = words.__('Recording could not be continued: %1', told);
    }
    this.updateNotice();
  }
}
