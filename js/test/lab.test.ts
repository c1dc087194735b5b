import type { INotebookTracker } from '@jupyterlab/notebook';
import { ServerConnection } from '@jupyterlab/services';
import type { Kernel } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { archiveOver } from '../src/lab/archive';
import { BUSY_AFTER_MS, BUSY_LOOKS, KernelTransport } from '../src/lab/comm';
import { NotebookFollower } from '../src/lab/follower';
import type { Followed } from '../src/lab/follower';
import { MandalaPanel } from '../src/lab/panel';
import { RememberedViews } from '../src/lab/remembered';
import { resumeCode } from '../src/lab/resume';
import { PUSH_COMM_ID, PUSH_COMM_TARGET } from '../src/schema/messages';
import type { FrameGet, Push, Reply, Request as ToMandala } from '../src/schema/messages';
import { WHOLE } from '../src/state/view';
import { delta, INFO, inspected, settle, snapshot } from './samples';

const words = nullTranslator.load('mandala_lab');

interface FakeFuture {
  onReply: (message: unknown) => void;
  disposed: boolean;
  dispose: () => void;
}

/** A kernel connection as far as the transport uses it. */
class FakeKernel {
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
    const future: FakeFuture = {
      onReply: () => undefined,
      disposed: false,
      dispose: () => (future.disposed = true)
    };
    this.sent.push(message);
    this.futures.push(future);
    const { reply } = this;
    if (reply !== null) {
      queueMicrotask(() =>
        future.onReply({ header: { msg_type: 'mandala_lab_reply' }, content: reply })
      );
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

describe('KernelTransport', () => {
  it('makes the push comm locally, without a handshake', () => {
    const kernel = new FakeKernel();
    const transport = new KernelTransport(kernel.connection);
    expect(kernel.comms.get(PUSH_COMM_ID)?.target).toBe(PUSH_COMM_TARGET);
    expect(kernel.sent).toEqual([]);
    const pushed: Push[] = [];
    transport.pushed.connect(message => pushed.push(message));
    kernel.push(delta());
    expect(pushed).toEqual([delta()]);
  });

  it('asks on the control channel and resolves with the reply', async () => {
    const kernel = new FakeKernel();
    kernel.reply = snapshot();
    const transport = new KernelTransport(kernel.connection);
    const request = { type: 'frame.get', v: 1 } as const;
    expect(await transport.request(request)).toEqual(snapshot());
    expect(kernel.sent[0]).toMatchObject({ channel: 'control', content: request });
    expect(kernel.sent[0]?.header.msg_type).toBe('mandala_lab_request');
  });

  it('listens again when the kernel closed its end', async () => {
    const kernel = new FakeKernel();
    new KernelTransport(kernel.connection);
    const first = kernel.comms.get(PUSH_COMM_ID)!.comm;
    void first.onClose({} as never);
    first.dispose();
    await settle();
    expect(kernel.comms.has(PUSH_COMM_ID)).toBe(true);
  });

  it('does not trouble a kernel that does not know us, but asks a busy one', async () => {
    vi.useFakeTimers();
    const kernel = new FakeKernel();
    kernel.lists = false;
    kernel.reply = snapshot();
    let busy = false;
    const transport = new KernelTransport(kernel.connection, () => Promise.resolve(busy));
    await expect(transport.request({ type: 'frame.get' })).rejects.toThrow('%load_ext');
    kernel.lists = null;
    void transport.request({ type: 'frame.get' });
    await vi.advanceTimersByTimeAsync(10 * BUSY_AFTER_MS); // it is starting, and not to be troubled
    expect(kernel.sent).toEqual([]);
    busy = true; // for a moment, with the question itself
    void transport.request({ type: 'frame.get' });
    await vi.advanceTimersByTimeAsync(BUSY_AFTER_MS);
    busy = false;
    await vi.advanceTimersByTimeAsync(10 * BUSY_AFTER_MS);
    expect(kernel.sent).toEqual([]);
    busy = true;
    const answer = transport.request({ type: 'frame.get' });
    await vi.advanceTimersByTimeAsync(BUSY_LOOKS * BUSY_AFTER_MS);
    expect(await answer).toEqual(snapshot());
    kernel.lists = false;
    expect(await transport.request({ type: 'frame.get' })).toEqual(snapshot());
    vi.useRealTimers();
  });

  it('lets go of everything', async () => {
    const kernel = new FakeKernel();
    const transport = new KernelTransport(kernel.connection);
    void transport.request({ type: 'frame.get' }).catch(() => undefined);
    await settle();
    transport.dispose();
    expect(kernel.comms.size).toBe(0);
    expect(kernel.futures[0]?.disposed).toBe(true);
    await expect(transport.request({ type: 'frame.get' })).rejects.toThrow('The kernel is gone');
  });
});

/** A notebook panel as far as the follower uses it. */
class FakeNotebook {
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

class FakeTracker {
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

describe('NotebookFollower', () => {
  it('tells of notebooks, kernels and restarts', () => {
    const tracker = new FakeTracker();
    const follower = new NotebookFollower(tracker.tracker);
    const told: [string, boolean][] = [];
    follower.changed.connect(({ path, kernel }: Followed) => told.push([path, kernel !== null]));
    const notebook = new FakeNotebook('a.ipynb', new FakeKernel());
    tracker.show(notebook);
    notebook.sessionContext.statusChanged.emit('busy');
    notebook.sessionContext.statusChanged.emit('restarting');
    notebook.sessionContext.statusChanged.emit('starting');
    tracker.show(new FakeNotebook('b.ipynb', null));
    notebook.sessionContext.statusChanged.emit('restarting');
    tracker.show(null);
    expect(told).toEqual([
      ['a.ipynb', true],
      ['a.ipynb', false],
      ['a.ipynb', true],
      ['b.ipynb', false],
      ['', false]
    ]);
  });
});

describe('archiveOver', () => {
  const settings = (answer: Response): ServerConnection.ISettings =>
    ServerConnection.makeSettings({
      baseUrl: 'http://lab.test/base/',
      fetch: (request: Request | string | URL) => {
        asked.push(request as Request);
        return Promise.resolve(answer);
      }
    });
  let asked: Request[] = [];
  beforeEach(() => (asked = []));

  it('posts the request to the address of the notebook', async () => {
    const answer = new Response(JSON.stringify(snapshot()));
    const road = archiveOver(settings(answer))('my folder/a #1.ipynb');
    expect(await road.request({ type: 'frame.get' })).toEqual(snapshot());
    expect(asked[0]?.url).toContain('/base/mandala-lab/notebooks/my%20folder/a%20%231.ipynb');
    expect(asked[0]?.method).toBe('POST');
    expect(await asked[0]?.json()).toEqual({ type: 'frame.get' });
  });

  it('says what to do when the server does not know the address', async () => {
    const road = archiveOver(settings(new Response('', { status: 404 })))('a.ipynb');
    await expect(road.request({ type: 'frame.get' })).rejects.toThrow('Install mandala-lab');
  });
});

describe('MandalaPanel', () => {
  let tracker: FakeTracker;
  let panel: MandalaPanel;
  /** What the server knows of each notebook. */
  let stored: Map<string, Reply>;
  let read: string[];
  let asked: ToMandala[];
  beforeEach(() => {
    vi.useFakeTimers();
    tracker = new FakeTracker();
    stored = new Map();
    read = [];
    asked = [];
    window.sessionStorage.clear();
    const never: Reply = { type: 'error', code: 'never_recorded', message: '', v: 1 };
    panel = new MandalaPanel({
      follower: new NotebookFollower(tracker.tracker),
      archiveOf: path => ({
        request: request => {
          read.push(`${path} ${request.type}`);
          asked.push(request);
          const known = request.type === 'frame.get' ? stored.get(path) : inspected();
          return Promise.resolve(known ?? never);
        }
      }),
      words
    });
  });
  afterEach(() => {
    panel.dispose();
    vi.useRealTimers();
  });
  const wait = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
  const types = (kernel: FakeKernel): string[] =>
    kernel.sent.map(message => (message.content as { type: string }).type);
  const show = (): void => {
    Widget.attach(panel, document.body);
    panel.hide();
    panel.show();
  };
  const pressContinue = (): void => {
    const found = [...panel.node.querySelectorAll('button')];
    found.find(one => one.textContent?.includes('Continue recording'))?.click();
  };
  const head = (): string => panel.node.querySelector('.mandala-store')?.textContent ?? '';

  it('asks nothing before it is shown, and rests when it is hidden', async () => {
    const kernel = new FakeKernel();
    kernel.reply = snapshot();
    tracker.show(new FakeNotebook('a.ipynb', kernel));
    await wait();
    expect(types(kernel)).toEqual([]);
    expect(read).toEqual([]);
    show();
    await wait();
    expect(types(kernel)).toContain('frame.get');
    expect(panel.node.textContent).toContain('results.db');
    const before = kernel.sent.length;
    panel.hide();
    await wait();
    expect(types(kernel).slice(before)).toEqual(['panel.detach']);
    panel.show();
    await wait();
    expect(types(kernel).at(-1)).toBe('frame.get');
    tracker.show(new FakeNotebook('b.ipynb', null));
    expect(types(kernel).at(-1)).toBe('panel.detach');
  });

  it('shows what the store knows after a restart and a reload, and continues recording', async () => {
    const kernel = new FakeKernel();
    kernel.reply = snapshot();
    stored.set('a.ipynb', snapshot({ store: { ...INFO, calls: 77 } }));
    const notebook = new FakeNotebook('a.ipynb', kernel);
    tracker.show(notebook);
    show();
    await wait();
    expect(head()).toContain('live');
    kernel.reply = null;
    kernel.lists = false;
    notebook.sessionContext.statusChanged.emit('restarting');
    expect(head()).toContain('as last seen');
    notebook.sessionContext.statusChanged.emit('idle');
    await wait();
    expect(head()).toContain('77 calls');
    expect(panel.node.textContent).toContain('the kernel is not recording');
    kernel.prints = 'cannot open results.db';
    pressContinue();
    await wait();
    expect(panel.node.textContent).toContain('cannot open results.db');
    kernel.frameOnResume = snapshot({ seq: 0, session: 's2' });
    pressContinue();
    await wait();
    expect(kernel.executed.at(-1)).toBe(resumeCode('results.db'));
    expect(head()).toContain('live');
    kernel.push({ type: 'recording.stopped', v: 1 });
    await wait();
    expect(head()).toContain('as last seen');

    tracker.show(new FakeNotebook('b.ipynb', null));
    await wait();
    expect(panel.node.querySelectorAll('.mandala-panel > .mandala-empty-place h3')).toHaveLength(1);
    tracker.show(new FakeNotebook('a.ipynb', null));
    await wait();
    expect(head()).toContain('as last seen');
  });

  it('keeps the view of each notebook, and shows everything where it is out of date', async () => {
    const field = (): HTMLInputElement => panel.node.querySelector('input[type=search]')!;
    const views = new RememberedViews();
    const view = { selection: '+model', opened: ['op:f'], folded: [] };
    views.keep('a.ipynb', view);
    stored.set('a.ipynb', snapshot());
    stored.set('b.ipynb', snapshot());
    tracker.show(new FakeNotebook('a.ipynb', null));
    show();
    await wait();
    expect(asked.at(-1)).toMatchObject({ type: 'frame.get', view });
    expect(field().value).toBe('+model');
    tracker.show(new FakeNotebook('b.ipynb', null));
    await wait();
    expect(field().value).toBe('');
    stored.set('a.ipynb', { type: 'error', code: 'bad_selection', message: 'no model', v: 1 });
    tracker.show(new FakeNotebook('a.ipynb', null));
    await wait();
    expect(panel.node.querySelector('.mandala-view-problem')?.textContent).toBe('no model');
    expect(asked.slice(-2).map(each => (each as FrameGet).view?.selection)).toEqual(['+model', '']);
    expect(views.of('a.ipynb')).toEqual({ ...view, selection: '' });
  });

  it('takes no view from what is not one', () => {
    const views = new RememberedViews();
    for (const text of [
      '',
      '{',
      '3',
      '{"selection":1}',
      '{"selection":"","opened":[],"folded":[1]}'
    ]) {
      window.sessionStorage.setItem('mandala-lab:view:a', text);
      expect(views.of('a')).toEqual(WHOLE);
    }
  });

  it('looks into nodes with no kernel at all', async () => {
    stored.set('a.ipynb', snapshot());
    tracker.show(new FakeNotebook('a.ipynb', null));
    show();
    await wait();
    panel.node
      .querySelector('.mandala-node')
      ?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    await wait(1000);
    expect(read).toContain('a.ipynb node.inspect');
    expect(panel.node.querySelector('.mandala-inspector')?.textContent).toContain('Calls');
  });
});

describe('resumeCode', () => {
  it('names the store, and never lets a label become code', () => {
    expect(resumeCode('data/été 1.db')).toContain('resume(get_ipython(), "data/été 1.db")');
    for (const label of ['', 'a"; x', 'a\nimport os', '{open}', '$HOME', "a'b", 'a\\"b']) {
      const text = /get_ipython\(\), (.*)\)$/.exec(resumeCode(label))?.[1] ?? '';
      expect(JSON.parse(text)).toBe(label);
      expect(text).not.toContain('\n');
    }
  });
});
