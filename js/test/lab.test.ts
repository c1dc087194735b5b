import { ServerConnection } from '@jupyterlab/services';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { archiveOver } from '../src/lab/archive';
import { BUSY_AFTER_MS, BUSY_LOOKS, KernelTransport } from '../src/lab/comm';
import { NotebookFollower } from '../src/lab/follower';
import type { Followed } from '../src/lab/follower';
import { resumeCode } from '../src/lab/resume';
import { PUSH_COMM_ID, PUSH_COMM_TARGET } from '../src/schema/messages';
import type { Push } from '../src/schema/messages';
import { FakeKernel, FakeNotebook, FakeTracker } from './fakes';
import { delta, settle, snapshot } from './samples';

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
    const waiting = transport.request({ type: 'frame.get' });
    await settle();
    transport.dispose();
    await expect(waiting).rejects.toThrow('The kernel is gone'); // and not after a timeout
    expect(kernel.comms.size).toBe(0);
    expect(kernel.futures[0]?.disposed).toBe(true);
    await expect(transport.request({ type: 'frame.get' })).rejects.toThrow('The kernel is gone');
  });
});

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
