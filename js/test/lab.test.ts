import { MimeModel, RenderMimeRegistry } from '@jupyterlab/rendermime';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { Kernel } from '@jupyterlab/services';
import { StateDB } from '@jupyterlab/statedb';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import type { Panel } from '@lumino/widgets';
import { Widget } from '@lumino/widgets';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KernelTransport } from '../src/lab/comm';
import { NotebookFollower } from '../src/lab/follower';
import type { Followed } from '../src/lab/follower';
import { FrameMemory } from '../src/lab/memory';
import { frameRendererFactory, RENDERER_RANK } from '../src/lab/mime';
import { MandalaPanel } from '../src/lab/panel';
import { resumeCode } from '../src/lab/resume';
import { PUSH_COMM_ID, PUSH_COMM_TARGET, SCENE_MIME } from '../src/schema/messages';
import type { Push } from '../src/schema/messages';
import { chain, delta, HOSTILE, INFO, node, settle, snapshot } from './samples';

vi.mock('@jupyterlab/outputarea', async () => {
  const lumino = await import('@lumino/widgets');
  class OutputArea extends lumino.Panel {
    constructor(readonly rendermime: RenderMimeRegistry) {
      super();
    }
  }
  return { OutputArea };
});

const WIDGET_MIME = 'application/vnd.jupyter.widget-view+json';
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

  it('lets go of everything', async () => {
    const kernel = new FakeKernel();
    const transport = new KernelTransport(kernel.connection);
    void transport.request({ type: 'frame.get' });
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

describe('FrameMemory', () => {
  it('keeps frames by notebook and refuses what is damaged or too large', async () => {
    const state = new StateDB();
    const memory = new FrameMemory(state);
    await memory.keep('a.ipynb', { scene: chain(), store: INFO });
    expect(await memory.recall('a.ipynb')).toEqual({ scene: chain(), store: INFO });
    expect(await memory.recall('b.ipynb')).toBeNull();
    await state.save('mandala-lab:frame:c.ipynb', { scene: { version: 1 } });
    expect(await memory.recall('c.ipynb')).toBeNull();
    const large = { ...chain(), nodes: [node('var:x', { label: 'x'.repeat(500_000) })] };
    await memory.keep('d.ipynb', { scene: large, store: null });
    expect(await memory.recall('d.ipynb')).toBeNull();
  });
});

describe('MandalaPanel', () => {
  let tracker: FakeTracker;
  let state: StateDB;
  let panel: MandalaPanel;
  beforeEach(() => {
    vi.useFakeTimers();
    tracker = new FakeTracker();
    state = new StateDB();
    panel = new MandalaPanel({
      follower: new NotebookFollower(tracker.tracker),
      memory: new FrameMemory(state),
      words,
      remembers: () => true
    });
  });
  afterEach(() => {
    panel.dispose();
    vi.useRealTimers();
  });
  const wait = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
  const types = (kernel: FakeKernel): string[] =>
    kernel.sent.map(message => (message.content as { type: string }).type);

  it('asks nothing before it is shown, and rests when it is hidden', async () => {
    const kernel = new FakeKernel();
    kernel.reply = snapshot();
    tracker.show(new FakeNotebook('a.ipynb', kernel));
    expect(types(kernel)).toEqual([]);
    Widget.attach(panel, document.body);
    panel.hide();
    panel.show();
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
  });

  it('shows the last frame after a restart and a reload, and continues recording', async () => {
    const kernel = new FakeKernel();
    kernel.reply = snapshot();
    const notebook = new FakeNotebook('a.ipynb', kernel);
    tracker.show(notebook);
    Widget.attach(panel, document.body);
    panel.hide();
    panel.show();
    await wait(2000);
    kernel.reply = null;
    notebook.sessionContext.statusChanged.emit('restarting');
    expect(panel.node.textContent).toContain('as last seen');
    notebook.sessionContext.statusChanged.emit('idle');
    await wait(2000);
    expect(panel.node.textContent).toContain('the kernel is not recording');
    const resume = [...panel.node.querySelectorAll('button')].find(one =>
      one.textContent?.includes('Continue recording')
    );
    kernel.prints = 'cannot open results.db';
    resume?.click();
    await wait();
    expect(panel.node.textContent).toContain('cannot open results.db');
    kernel.frameOnResume = snapshot({ seq: 0, session: 's2' });
    [...panel.node.querySelectorAll('button')]
      .find(one => one.textContent?.includes('Continue recording'))
      ?.click();
    await wait();
    expect(kernel.executed.slice(1)).toEqual(['%load_ext mandala_lab\n%mandala on "results.db"']);
    expect(panel.node.querySelector('.mandala-store')?.textContent).toContain('live');

    tracker.show(new FakeNotebook('b.ipynb', null));
    await wait();
    expect(panel.node.querySelectorAll('.mandala-panel > .mandala-empty-place h3')).toHaveLength(1);
    tracker.show(new FakeNotebook('a.ipynb', null));
    await wait();
    expect(panel.node.querySelector('.mandala-store')?.textContent).toContain('as last seen');
  });
});

describe('resumeCode', () => {
  it('names the store, and never lets a label become code', () => {
    expect(resumeCode('data/été 1.db')).toBe('%load_ext mandala_lab\n%mandala on "data/été 1.db"');
    for (const label of ['', 'a"; x', 'a\nimport os', '{open}', '$HOME', "a'b"]) {
      expect(resumeCode(label)).toBe('%load_ext mandala_lab\n%mandala on');
    }
  });
});

describe('the MIME renderer', () => {
  const bundle = (data: Record<string, unknown>, trusted = true): MimeModel =>
    new MimeModel({ trusted, data: data as never });
  const area = async (registry: RenderMimeRegistry): Promise<Panel> => {
    const { OutputArea } = await import('@jupyterlab/outputarea');
    const made = new (OutputArea as unknown as new (r: RenderMimeRegistry) => Panel)(registry);
    Widget.attach(made, document.body);
    return made;
  };
  /** What the widget renderer does: draw, or say that it cannot. */
  const widgetFactory = (draw: (host: Widget) => void): IRenderMime.IRendererFactory => ({
    safe: false,
    mimeTypes: [WIDGET_MIME],
    createRenderer: () => {
      const renderer = new Widget() as IRenderMime.IRenderer;
      renderer.renderModel = () => {
        draw(renderer);
        return Promise.resolve();
      };
      return renderer;
    }
  });
  const makeRegistry = (): RenderMimeRegistry => {
    const registry = new RenderMimeRegistry();
    registry.addFactory(frameRendererFactory(words), RENDERER_RANK);
    return registry;
  };
  const full = { [SCENE_MIME]: chain(), [WIDGET_MIME]: { model_id: 'm' }, 'text/plain': 'Frame' };
  const isHidden = (output: Panel, place: string): boolean =>
    output.node.querySelector(place)!.classList.contains('lm-mod-hidden');
  beforeEach(() => document.body.replaceChildren());

  it('is preferred, with and without trust', () => {
    const registry = makeRegistry();
    registry.addFactory(
      widgetFactory(() => undefined),
      -10
    );
    expect(registry.preferredMimeType(full as never, 'any')).toBe(SCENE_MIME);
    expect(registry.preferredMimeType(full as never, 'ensure')).toBe(SCENE_MIME);
  });

  it('draws an untrusted frame at once, as text, and mounts no widget', async () => {
    const registry = makeRegistry();
    let mounted = 0;
    registry.addFactory(
      widgetFactory(() => (mounted += 1)),
      -10
    );
    const output = await area(registry);
    const renderer = registry.createRenderer(SCENE_MIME);
    const scene = { ...chain(), nodes: [node('var:x', { label: HOSTILE, w: 5000 })], edges: [] };
    await renderer.renderModel(bundle({ ...full, [SCENE_MIME]: scene }, false));
    output.addWidget(renderer);
    expect(output.node.querySelector('.mandala-label')?.textContent).toBe(HOSTILE);
    expect(output.node.querySelector('img, script')).toBeNull();
    expect(mounted).toBe(0);
  });

  it('gives way to the widget once it has drawn, and comes back when it goes', async () => {
    const registry = makeRegistry();
    let live: Widget | null = null;
    registry.addFactory(
      widgetFactory(host => (live = host)),
      -10
    );
    const output = await area(registry);
    const renderer = registry.createRenderer(SCENE_MIME);
    await renderer.renderModel(bundle(full));
    output.addWidget(renderer);
    expect(isHidden(output, '.mandala-live-host')).toBe(true);
    const drawn = document.createElement('div');
    drawn.className = 'mandala-widget';
    live!.node.append(drawn);
    await settle();
    expect(isHidden(output, '.mandala-live-host')).toBe(false);
    expect(isHidden(output, '.mandala-output')).toBe(true);
    drawn.remove();
    await settle();
    expect(isHidden(output, '.mandala-live-host')).toBe(true);
    expect(isHidden(output, '.mandala-output')).toBe(false);
  });

  it('stays when the widget cannot be displayed', async () => {
    const registry = makeRegistry();
    registry.addFactory(
      widgetFactory(host => (host.node.textContent = 'Error displaying widget: model not found')),
      -10
    );
    const output = await area(registry);
    const renderer = registry.createRenderer(SCENE_MIME);
    await renderer.renderModel(bundle(full));
    output.addWidget(renderer);
    await settle();
    expect(isHidden(output, '.mandala-live-host')).toBe(true);
    expect(isHidden(output, '.mandala-output')).toBe(false);
  });

  it('says so when it cannot read the frame, and recovers', async () => {
    const renderer = makeRegistry().createRenderer(SCENE_MIME);
    await renderer.renderModel(bundle({ [SCENE_MIME]: { version: 99 }, 'text/plain': 'Frame(3)' }));
    expect(renderer.node.textContent).toContain('cannot draw');
    expect(renderer.node.textContent).toContain('Frame(3)');
    await renderer.renderModel(bundle(full));
    expect(renderer.node.querySelectorAll('.mandala-node')).toHaveLength(3);
  });
});
