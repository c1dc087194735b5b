/* JupyterLab, as far as the panel and its parts use it. */
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { PUSH_COMM_ID, PUSH_COMM_TARGET } from '../src/schema/messages';
import type { Push } from '../src/schema/messages';
import { settle } from './samples';

interface FakeFuture {
  onReply: (message: unknown) => void;
  done: Promise<unknown>;
  disposed: boolean;
  dispose: () => void;
}

/** The message that a kernel replies with. */
export function replyOf(content: unknown): unknown {
  return { header: { msg_type: 'mandala_lab_reply' }, content };
}

/** A kernel connection as far as the transport uses it. */
export class FakeKernel {
  readonly sent: { channel: string; header: { msg_type: string }; content: unknown }[] = [];
  readonly comms = new Map<string, { target: string; comm: Kernel.IComm }>();
  readonly executed: string[] = [];
  readonly futures: FakeFuture[] = [];
  reply: unknown = null;
  /** Whether the kernel lists our comm; null while it is too busy to answer. */
  lists: boolean | null = true;
  prints = '';
  frameOnResume: Push | null = null;
  isDisposed = false;
  status = 'idle';
  username = '';
  clientId = 'client';

  sendControlMessage(message: FakeKernel['sent'][0]): unknown {
    let cancel: (reason: Error) => void = () => undefined;
    const future: FakeFuture = {
      onReply: () => undefined,
      done: new Promise((_resolve, reject) => (cancel = reject)),
      disposed: false,
      dispose: () => {
        future.disposed = true;
        cancel(new Error('Canceled future'));
      }
    };
    this.sent.push(message);
    this.futures.push(future);
    const { reply } = this;
    if (reply !== null) {
      queueMicrotask(() => future.onReply(replyOf(reply)));
    }
    return future;
  }

  requestCommInfo(): Promise<unknown> {
    const comms = this.lists === true ? { [PUSH_COMM_ID]: { target_name: PUSH_COMM_TARGET } } : {};
    const answer = { content: { status: 'ok', comms } };
    return this.lists === null ? new Promise(() => undefined) : Promise.resolve(answer);
  }

  hasComm(id: string): boolean {
    return this.comms.has(id);
  }

  createComm(target: string, id: string): Kernel.IComm {
    const comm = { dispose: () => this.comms.delete(id) } as unknown as Kernel.IComm;
    this.comms.set(id, { target, comm });
    return comm;
  }

  requestExecute({ code }: { code: string }): unknown {
    this.executed.push(code);
    const future = {
      onIOPub: ((): void => undefined) as (message: unknown) => void,
      done: settle().then(() => {
        const content = { text: this.prints };
        future.onIOPub({ header: { msg_type: 'stream' }, content });
        if (this.frameOnResume !== null) {
          this.push(this.frameOnResume);
        }
        return { content: { status: 'ok' } };
      })
    };
    return future;
  }

  push(message: Push): void {
    const message_ = { content: { data: message } };
    void this.comms.get(PUSH_COMM_ID)?.comm.onMsg(message_ as never);
  }

  get connection(): Kernel.IKernelConnection {
    return this as unknown as Kernel.IKernelConnection;
  }
}

/** A notebook panel as far as the follower uses it. */
export class FakeNotebook {
  readonly context: { path: string; pathChanged: Signal<FakeNotebook, string> };
  readonly sessionContext: {
    session: { kernel: Kernel.IKernelConnection | null };
    kernelChanged: Signal<FakeNotebook, unknown>;
    statusChanged: Signal<FakeNotebook, Kernel.Status>;
  };
  readonly disposed = new Signal<this, undefined>(this);

  constructor(path: string, kernel: FakeKernel | null) {
    this.context = { path, pathChanged: new Signal(this) };
    this.sessionContext = {
      session: { kernel: kernel?.connection ?? null },
      kernelChanged: new Signal(this),
      statusChanged: new Signal(this)
    };
  }
}

/** The tracker of notebooks as far as the follower uses it. */
export class FakeTracker {
  readonly currentChanged = new Signal<this, unknown>(this);
  currentWidget: FakeNotebook | null = null;

  show(notebook: FakeNotebook | null): void {
    this.currentWidget = notebook;
    this.currentChanged.emit(notebook);
  }

  get tracker(): INotebookTracker {
    return this as unknown as INotebookTracker;
  }
}
