/*
 * NotebookFollower: which notebook is in front, and the kernel it has now.
 *
 * Owns the signals of JupyterLab's notebook tracker and session contexts: other
 * notebook, other kernel, restart, rename. Talks to no kernel.
 */
import type { ISessionContext } from '@jupyterlab/apputils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { Signal } from '../state/signal';

/** The notebook in front: its path ('' for none) and its kernel. */
export interface Followed {
  path: string;
  kernel: Kernel.IKernelConnection | null;
}

/** In these states the kernel that was is gone, and the next is not there yet. */
const AWAY: readonly Kernel.Status[] = ['restarting', 'autorestarting', 'terminating', 'dead'];

/** Follows the notebook in front. */
export class NotebookFollower {
  /** The notebook, its kernel, or the life of the kernel changed. */
  readonly changed = new Signal<Followed>();
  private panel: NotebookPanel | null = null;
  private away = false;

  constructor(private readonly tracker: INotebookTracker) {
    tracker.currentChanged.connect(this.onCurrent, this);
    this.onCurrent();
  }

  /** What is followed now. */
  get followed(): Followed {
    const kernel = this.panel?.sessionContext.session?.kernel ?? null;
    return { path: this.panel?.context.path ?? '', kernel: this.away ? null : kernel };
  }

  /** Stop following. */
  dispose(): void {
    this.tracker.currentChanged.disconnect(this.onCurrent, this);
    this.leave();
    this.changed.clear();
  }

  private onCurrent(): void {
    this.leave();
    const panel = this.tracker.currentWidget;
    this.panel = panel;
    if (panel) {
      panel.sessionContext.kernelChanged.connect(this.onKernel, this);
      panel.sessionContext.statusChanged.connect(this.onStatus, this);
      panel.context.pathChanged.connect(this.tell, this);
      panel.disposed.connect(this.onCurrent, this);
    }
    this.tell();
  }

  private leave(): void {
    const { panel } = this;
    this.panel = null;
    this.away = false;
    if (panel) {
      panel.sessionContext.kernelChanged.disconnect(this.onKernel, this);
      panel.sessionContext.statusChanged.disconnect(this.onStatus, this);
      panel.context.pathChanged.disconnect(this.tell, this);
      panel.disposed.disconnect(this.onCurrent, this);
    }
  }

  private onKernel(): void {
    this.away = false;
    this.tell();
  }

  private onStatus(_: ISessionContext, status: Kernel.Status): void {
    const away = AWAY.includes(status);
    if (away !== this.away) {
      this.away = away;
      this.tell();
    }
  }

  private tell(): void {
    this.changed.emit(this.followed);
  }
}
