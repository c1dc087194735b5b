/*
 * MandalaPanel: the side panel as a Lumino widget.
 *
 * Owns what happens when: attach while visible, rest while hidden, read the store
 * where no kernel records, resume recording. What it looks like is views/panel-view.ts's.
 */
import type { Kernel } from '@jupyterlab/services';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import type { FrameView } from '../schema/messages';
import { FrameClient } from '../state/client';
import { FrameStore } from '../state/store';
import { askOver, RequestError, TransportError } from '../state/transport';
import type { Ask } from '../state/transport';
import { ViewState } from '../state/view';
import type { Look } from '../state/view';
import type { Words } from '../state/words';
import { PanelView } from '../views/panel-view';
import type { ArchiveOf } from './archive';
import { KernelTransport } from './comm';
import type { Followed, NotebookFollower } from './follower';
import { mandalaIcon } from './icon';
import { RememberedViews } from './remembered';
import { resumeRecording } from './resume';

/** Id of the panel in the shell. */
export const PANEL_ID = 'mandala:panel';

/** What the panel needs of its surroundings. */
export interface PanelOptions {
  follower: NotebookFollower;
  archiveOf: ArchiveOf;
  words: Words;
}

/** The side panel. */
export class MandalaPanel extends Widget {
  private readonly store = new FrameStore();
  private readonly client = new FrameClient(this.store, nameOfWindow());
  private readonly frameView = new ViewState((view, onShow) => this.look(view, onShow));
  private readonly views = new RememberedViews();
  private readonly view: PanelView;
  private readonly stops: (() => void)[];
  private path = '';
  private kernel: Kernel.IKernelConnection | null = null;
  private attached = false;

  constructor(private readonly options: PanelOptions) {
    super();
    const { follower, words } = options;
    this.id = PANEL_ID;
    this.addClass('mandala-side');
    this.title.icon = mandalaIcon;
    this.title.caption = words.__('Mandala');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', words.__('Mandala'));
    this.view = new PanelView({
      store: this.store,
      client: this.client,
      view: this.frameView,
      ask: this.ask,
      words,
      resume: () => this.resume()
    });
    this.node.append(this.view.element);
    this.stops = [
      follower.changed.connect(followed => this.follow(followed)),
      this.frameView.changed.connect(view => this.views.keep(this.path, view)),
      this.client.contactChanged.connect(contact => contact === 'silent' && this.recall()),
      this.client.selectionRefused.connect(why => this.frameView.dropSelection(why))
    ];
    this.follow(follower.followed);
  }

  /** Show the whole graph. */
  fitGraph(): void {
    this.view.fit();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.stops.forEach(stop => stop());
      this.client.drop();
      this.view.dispose();
      super.dispose();
    }
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    if (this.attached) {
      this.client.refresh();
    } else {
      this.attach();
    }
  }

  protected override onBeforeHide(message: Message): void {
    this.client.rest();
    super.onBeforeHide(message);
  }

  private follow({ path, kernel }: Followed): void {
    if (path !== this.path) {
      this.client.rest();
    }
    this.client.drop();
    if (path !== this.path) {
      this.path = path;
      this.store.clear();
      const view = this.views.of(path);
      this.client.view = view;
      this.frameView.begin(view);
    }
    this.attached = false;
    this.kernel = kernel;
    this.view.setSurroundings(path === '' ? 'no-notebook' : kernel ? 'kernel' : 'no-kernel');
    if (this.isVisible) {
      this.attach();
    }
  }

  private attach(): void {
    this.attached = true;
    this.recall();
    if (this.kernel !== null) {
      this.client.attach(new KernelTransport(this.kernel));
    }
  }

  /** Show what the store knows, unless a kernel has more to tell. */
  private recall(): void {
    const { path } = this;
    if (path === '') {
      return;
    }
    const { view } = this.client;
    this.lookIntoStore(view).catch((reason: unknown) => {
      // Else it was never recorded, or its kernels are on another machine.
      const isOutOfDate = reason instanceof RequestError && reason.code === 'bad_selection';
      if (isOutOfDate && view.selection !== '' && path === this.path) {
        this.client.view = { ...view, selection: '' };
        this.frameView.dropSelection(reason.message);
        this.recall();
      }
    });
  }

  /** Show another view from the store, or from the kernel if it is live or becomes so meanwhile. */
  private readonly look: Look = async (view, onShow) => {
    const { path } = this;
    const isLive = (): boolean => this.client.contact === 'live';
    if (!isLive()) {
      await this.lookIntoStore(view, onShow).catch((reason: unknown) => {
        if (!isLive()) {
          throw reason;
        }
      });
    }
    if (isLive() && path === this.path) {
      await this.client.look(view, onShow);
    }
  };

  /** Show what the store knows, unless a kernel has more to tell by then. */
  private async lookIntoStore(view: FrameView, onShow = (): void => undefined): Promise<void> {
    const { path } = this;
    const road = this.options.archiveOf(path);
    const snapshot = await askOver<'frame.get'>(road, { type: 'frame.get', view });
    if (path === this.path && this.store.freshness !== 'live') {
      this.client.view = view;
      onShow();
      this.store.recall(snapshot);
    }
  }

  /** Ask the kernel while it records, else the store; a replay needs the kernel. */
  private readonly ask: Ask = request => {
    if (this.client.contact === 'live') {
      return this.client.ask(request);
    }
    if (request.type === 'replay.run') {
      return Promise.reject(new TransportError(this.whyNoReplay()));
    }
    return askOver(this.options.archiveOf(this.path), request);
  };

  private whyNoReplay(): string {
    const { words } = this.options;
    return this.kernel === null
      ? words.__(
          'A replay runs in the kernel, and this notebook has none. Start one, then try again.'
        )
      : words.__(
          'A replay runs in the kernel, which is not recording. Continue recording, then try again.'
        );
  }

  private async resume(): Promise<void> {
    const { kernel } = this;
    if (kernel === null) {
      throw new Error(this.options.words.__('This notebook has no kernel. Start one first.'));
    }
    const printed = await resumeRecording(kernel, this.store.info?.label ?? '');
    // The kernel pushes its frame before the lines are done; it is live by now, or refused.
    if (this.client.contact !== 'live') {
      throw new Error(
        printed || this.options.words.__('the kernel said nothing; run %mandala on in a cell')
      );
    }
  }
}

/** A name that this window keeps when the page is reloaded. */
function nameOfWindow(): string {
  const key = 'mandala-lab:window';
  const known = window.sessionStorage.getItem(key);
  const name = known ?? Math.random().toString(36).slice(2);
  window.sessionStorage.setItem(key, name);
  return name;
}
