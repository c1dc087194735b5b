import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readScene } from '../src/state/check';
import { FrameClient } from '../src/state/client';
import { applyDelta } from '../src/state/delta';
import { Replays } from '../src/state/replays';
import { FrameStore } from '../src/state/store';
import { askOver, RequestError } from '../src/state/transport';
import { plainWords } from '../src/state/words';
import { FakeTransport } from '../src/transport/fake';
import { chain, delta, edge, finished, INFO, node, snapshot } from './samples';

describe('applyDelta', () => {
  it('replaces, adds and removes by id and keeps the order', () => {
    const changed = applyDelta(
      chain(),
      delta({
        nodes: [node('op:f', { status: 'cached' }), node('var:z')],
        edges: [edge('op:f', 'var:z')],
        removedNodes: ['var:y'],
        removedEdges: ['op:f>var:y']
      })
    );
    expect(changed.nodes.map(one => one.id)).toEqual(['var:x', 'op:f', 'var:z']);
    expect(changed.nodes[1]?.status).toBe('cached');
    expect(changed.edges.map(one => one.id)).toEqual(['var:x>op:f', 'op:f>var:z']);
    expect([changed.width, changed.height]).toEqual([300, 400]);
  });

  it('leaves the scene it was given alone', () => {
    const before = chain();
    applyDelta(before, delta({ removedNodes: ['var:y'] }));
    expect(before).toEqual(chain());
  });
});

describe('FrameStore', () => {
  let store: FrameStore;
  beforeEach(() => {
    store = new FrameStore();
    store.takeSnapshot(snapshot({ seq: 5 }));
  });

  it('applies the delta that follows', () => {
    const seen: (ReadonlySet<string> | null)[] = [];
    store.changed.connect(change => seen.push(change.nodes));
    expect(store.takeDelta(delta({ base: 5, seq: 6, nodes: [node('var:z')] }))).toBe('applied');
    expect(store.scene?.nodes).toHaveLength(4);
    expect(seen).toEqual([new Set(['var:z'])]);
  });

  it('applies a delta that overlaps what is known', () => {
    expect(store.takeDelta(delta({ base: 3, seq: 7, removedNodes: ['var:y'] }))).toBe('applied');
    expect(store.scene?.nodes).toHaveLength(2);
  });

  it('ignores a delta that is old news', () => {
    expect(store.takeDelta(delta({ base: 4, seq: 5, removedNodes: ['var:y'] }))).toBe('ignored');
    expect(store.scene?.nodes).toHaveLength(3);
  });

  it('sees a gap when a delta starts later, or belongs to another session', () => {
    expect(store.takeDelta(delta({ base: 6, seq: 7 }))).toBe('gap');
    expect(store.takeDelta(delta({ base: 5, seq: 6, session: 's2' }))).toBe('gap');
  });

  it('refuses an older snapshot of the same live session', () => {
    expect(store.takeSnapshot(snapshot({ seq: 4 }))).toBe('ignored');
  });

  it('takes a snapshot with a lower number after a restart', () => {
    expect(store.takeSnapshot(snapshot({ seq: 0, session: 's2' }))).toBe('applied');
    expect(store.takeDelta(delta({ base: 0, seq: 1, session: 's2' }))).toBe('applied');
  });

  it('takes any snapshot once it is disconnected, even of the same name', () => {
    store.disconnect();
    expect(store.freshness).toBe('remembered');
    expect(store.takeSnapshot(snapshot({ seq: 1 }))).toBe('applied');
    expect(store.freshness).toBe('live');
  });

  it('keeps the selection while its node is there, and drops it with the node', () => {
    const selections: string[] = [];
    store.selectionChanged.connect(id => selections.push(id));
    store.select('var:y');
    store.takeDelta(delta({ base: 5, seq: 6, nodes: [node('op:f', { status: 'error' })] }));
    expect(store.selected).toBe('var:y');
    store.takeDelta(delta({ base: 6, seq: 7, removedNodes: ['var:y'] }));
    expect(selections).toEqual(['var:y', '']);
  });

  it('does not select what is not there', () => {
    store.select('var:nowhere');
    expect(store.selected).toBe('');
  });

  it('shows a frame of an earlier time', () => {
    const other = new FrameStore();
    other.recall(snapshot());
    expect(other.scene).toEqual(chain());
    expect(other.info).toEqual(INFO);
    expect(other.freshness).toBe('remembered');
  });
});

describe('readScene', () => {
  it('reads a scene', () => {
    expect(readScene(JSON.parse(JSON.stringify(chain())))).toEqual(chain());
  });

  it.each([
    ['nothing', null],
    ['a text', 'scene'],
    ['another version', { ...chain(), version: 2 }],
    ['no nodes', { ...chain(), nodes: undefined }],
    ['an unknown status', { ...chain(), nodes: [node('op:f', { status: 'odd' as 'error' })] }],
    ['a place that is no number', { ...chain(), nodes: [node('op:f', { x: NaN })] }],
    ['a place beyond drawing', { ...chain(), nodes: [node('op:f', { y: 1e12 })] }],
    ['an edge of one point', { ...chain(), edges: [edge('a', 'b', { points: [[0, 0]] })] }]
  ])('refuses %s', (_, found) => {
    expect(readScene(found)).toBeNull();
  });
});

describe('Replays', () => {
  it('pairs a push with its ticket, in either order', async () => {
    const replays = new Replays();
    const late = replays.outcome('t1');
    replays.take(finished());
    replays.take(finished({ ticket: 't2' }));
    expect((await late).ticket).toBe('t1');
    expect((await replays.outcome('t2')).ticket).toBe('t2');
    expect(replays.pending).toBe(0);
  });

  it('rejects what waits when the kernel goes away', async () => {
    const replays = new Replays();
    const waiting = replays.outcome('t1');
    replays.abandon(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
  });
});

describe('askOver', () => {
  it('says what the kernel said when it could not', async () => {
    const transport = new FakeTransport({
      'node.inspect': () => ({ type: 'error', v: 1, code: 'gone', message: 'No such node.' })
    });
    const asked = askOver<'node.inspect'>(transport, { type: 'node.inspect', node: 'op:f' });
    await expect(asked).rejects.toThrow('No such node.');
  });

  it('refuses an answer to another question, and another protocol', async () => {
    const wrong = new FakeTransport({ 'frame.get': () => ({ type: 'done', v: 1 }) });
    await expect(askOver<'frame.get'>(wrong, { type: 'frame.get' })).rejects.toThrow(
      'was answered'
    );
    const newer = new FakeTransport({ 'frame.get': () => snapshot({ v: 2 }) });
    await expect(askOver<'frame.get'>(newer, { type: 'frame.get' })).rejects.toThrow(
      'same version'
    );
  });
});

describe('FrameClient', () => {
  const PROBE_MS = 100;
  let store: FrameStore;
  let client: FrameClient;
  beforeEach(() => {
    vi.useFakeTimers();
    store = new FrameStore();
    client = new FrameClient(store, 'window 1', PROBE_MS);
  });
  afterEach(() => vi.useRealTimers());
  const wait = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

  it('asks for the frame when a kernel begins to record, unless nobody looks', async () => {
    const transport = new FakeTransport({});
    client.attach(transport);
    transport.push(snapshot());
    expect(transport.asked.map(request => request.type)).toEqual(['frame.get', 'frame.get']);
    expect(store.freshness).toBe('live');
    client.rest();
    transport.push(snapshot({ seq: 9 }));
    await wait();
    expect(transport.asked.map(request => request.type).slice(2)).not.toContain('frame.get');
  });

  it('asks for the frame when it is attached', async () => {
    client.attach(new FakeTransport({ 'frame.get': () => snapshot() }));
    expect(client.contact).toBe('asking');
    await wait();
    expect(client.contact).toBe('live');
    expect(store.freshness).toBe('live');
  });

  it('is silent after the probe, and comes alive with a push', async () => {
    const transport = new FakeTransport({});
    client.attach(transport);
    await wait(PROBE_MS);
    expect(client.contact).toBe('silent');
    transport.push(snapshot());
    expect(client.contact).toBe('live');
  });

  it('stays live when the first question is refused after the frame was pushed', async () => {
    let refuse: (reason: Error) => void = () => undefined;
    const transport = new FakeTransport({
      'frame.get': () => new Promise((_, reject) => (refuse = reject))
    });
    client.attach(transport);
    await wait(PROBE_MS);
    transport.push(snapshot());
    refuse(new RequestError('off', 'Nothing is recorded.'));
    await wait();
    expect(client.contact).toBe('live');
    expect(store.freshness).toBe('live');
  });

  it('asks for a snapshot once after a gap, and keeps the deltas that come meanwhile', async () => {
    let seq = 1;
    const transport = new FakeTransport({ 'frame.get': () => snapshot({ seq }) });
    client.attach(transport);
    await wait();
    seq = 8;
    transport.push(delta({ base: 7, seq: 8 }));
    transport.push(delta({ base: 8, seq: 9, nodes: [node('var:z')] }));
    await wait();
    expect(transport.asked.filter(one => one.type === 'frame.get')).toHaveLength(2);
    expect(store.scene?.nodes.map(one => one.id)).toContain('var:z');
  });

  it('marks the frame as remembered when the kernel goes', async () => {
    const transport = new FakeTransport({ 'frame.get': () => snapshot() });
    client.attach(transport);
    await wait();
    client.drop();
    expect(transport.disposed).toBe(true);
    expect(store.freshness).toBe('remembered');
    expect(client.contact).toBe('none');
  });

  it('is silent and not live when the kernel does not record', async () => {
    client.attach(
      new FakeTransport({
        'frame.get': () => ({ type: 'error', v: 1, code: 'off', message: 'Off.' })
      })
    );
    await wait();
    expect(client.contact).toBe('silent');
    expect(client.problem).toBe('');
  });

  it('tells a mismatch of versions', async () => {
    client.attach(new FakeTransport({ 'frame.get': () => snapshot({ v: 2 }) }));
    await wait();
    expect(client.problem).toContain('same version of mandala-lab');
  });

  it('rests while nobody looks and asks again afterwards', async () => {
    const transport = new FakeTransport({
      'frame.get': () => snapshot(),
      'panel.detach': () => ({ type: 'done', v: 1 })
    });
    client.attach(transport);
    await wait();
    client.rest();
    transport.push(delta({ base: 90, seq: 91 }));
    await wait();
    expect(transport.asked.map(one => one.type)).toEqual(['frame.get', 'panel.detach']);
    client.refresh();
    await wait();
    expect(transport.asked.map(one => one.type)).toEqual([
      'frame.get',
      'panel.detach',
      'frame.get'
    ]);
  });

  it('refuses to ask without a kernel, in a sentence that helps', async () => {
    await expect(client.ask({ type: 'call.inspect', hid: 'h' })).rejects.toThrow(
      'no running kernel'
    );
  });
});

describe('plainWords', () => {
  it('fills the places and chooses the number', () => {
    expect(plainWords.__('%2 and %1', 'a', 'b')).toBe('b and a');
    expect(plainWords._n('%1 call', '%1 calls', 1)).toBe('1 call');
    expect(plainWords._n('%1 call', '%1 calls', 4)).toBe('4 calls');
  });
});
