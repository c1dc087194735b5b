/*
 * MandalaPanel: the side panel as a Lumino widget.
 *
 * Owns what happens when: attach while visible, rest while hidden, remember the
 * frame, resume recording. What it looks like is views/panel-view.ts's.
 */
import type { Kernel } from '@jupyterlab/services';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { FrameClient } from '../state/client';
import { FrameStore } from '../state/store';
import type { Words } from '../state/words';
import { PanelView } from '../views/panel-view';
import { KernelTransport } from './comm';
import type { Followed, NotebookFollower } from './follower';
import { mandalaIcon } from './icon';
import type { FrameMemory } from './memory';
import { resumeRecording } from './resume';

/** Id of the panel in the shell. */
export const PANEL_ID = 'mandala:panel';

/** The frame is kept this long after its last change. */
const KEEP_MS = 1500;

/** What the panel needs of its surroundings. */
export interface PanelOptions {
  follower: NotebookFollower;
  memory: FrameMemory;
  words: Words;
  /** Whether frames are remembered; read each time. */
  remembers: () => boolean;
}

/** The side panel. */
export class MandalaPanel extends Widget {
  private readonly store = new FrameStore();
  private readonly client = new FrameClient(this.store);
  private readonly view: PanelView;
  private readonly stops: (() => void)[];
  private path = '';
  private kernel: Kernel.IKernelConnection | null = null;
  private attached = false;
  private keepTimer: ReturnType<typeof setTimeout> | undefined;

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
      words,
      resume: () => this.resume()
    });
    this.node.append(this.view.element);
    this.stops = [
      follower.changed.connect(followed => this.follow(followed)),
      this.store.changed.connect(() => this.keepSoon())
    ];
    this.follow(follower.followed);
  }

  /** Show the whole graph. */
  fitGraph(): void {
    this.view.fit();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      clearTimeout(this.keepTimer);
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
      this.changeNotebook(path);
    }
    this.client.drop();
    this.attached = false;
    this.kernel = kernel;
    this.view.setSurroundings(path === '' ? 'no-notebook' : kernel ? 'kernel' : 'no-kernel');
    if (this.isVisible) {
      this.attach();
    }
  }

  private changeNotebook(path: string): void {
    clearTimeout(this.keepTimer);
    this.keep();
    this.client.drop();
    this.path = path;
    this.store.clear();
    if (path !== '' && this.options.remembers()) {
      void this.recall(path);
    }
  }

  private attach(): void {
    if (this.kernel !== null) {
      this.attached = true;
      this.client.attach(new KernelTransport(this.kernel));
    }
  }

  private async recall(path: string): Promise<void> {
    const frame = await this.options.memory.recall(path);
    if (frame !== null && path === this.path && this.store.freshness === 'none') {
      this.store.recall(frame);
    }
  }

  private keepSoon(): void {
    if (this.store.freshness === 'live') {
      clearTimeout(this.keepTimer);
      this.keepTimer = setTimeout(() => this.keep(), KEEP_MS);
    }
  }

  private keep(): void {
    const frame = this.store.remember();
    const worthIt = frame !== null && frame.scene.nodes.length > 0;
    if (worthIt && this.path !== '' && this.options.remembers()) {
      void this.options.memory.keep(this.path, frame);
    }
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
