import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SceneIndex } from '../src/draw/scene-index';
import { SceneView } from '../src/draw/scene-view';
import { standIn } from '../src/draw/stand-in';
import type { FrameGet, FrameView, Reply, Request, Scene, SceneNode } from '../src/schema/messages';
import { FrameClient } from '../src/state/client';
import { compact } from '../src/state/compact';
import { Folds } from '../src/state/folds';
import { FrameStore } from '../src/state/store';
import { RequestError } from '../src/state/transport';
import { ViewState, WHOLE } from '../src/state/view';
import type { Look } from '../src/state/view';
import { plainWords } from '../src/state/words';
import { FakeTransport } from '../src/transport/fake';
import { chain, delta, edge, element, node, sceneOf, settle, snapshot } from './samples';

const text = (element: Element | null): string => element?.textContent ?? '';
const chipTo = (taker: string, change: Partial<SceneNode> = {}): SceneNode =>
  node(`chip:var:c>${taker}`, { kind: 'chip', label: 'c', group: 'var:c', detail: '', ...change });

describe('ViewState', () => {
  let asked: { view: FrameView; answer: (reason?: Error) => void }[];
  let view: ViewState;
  let shown: string[];
  beforeEach(() => {
    asked = [];
    shown = [];
    const look: Look = (wanted, onShow) =>
      new Promise((resolve, reject) => {
        const answer = (reason?: Error): void => {
          if (reason) {
            reject(reason);
          } else {
            onShow();
            resolve();
          }
        };
        asked.push({ view: wanted, answer });
      });
    view = new ViewState(look);
    view.showing.connect(anchor => shown.push(anchor));
  });

  it('takes a view when it is shown, and tells what stays where it is', async () => {
    void view.toggleOpen('op:f');
    expect(view.isOpen('op:f')).toBe(false);
    asked[0]!.answer();
    await settle();
    expect(view.isOpen('op:f')).toBe(true);
    expect(shown).toEqual(['op:f']);
    void view.toggleOpen('op:f', 'call:1:op:f');
    asked[1]!.answer();
    await settle();
    expect(view.view).toEqual(WHOLE);
    expect(shown).toEqual(['op:f', 'call:1:op:f']);
  });

  it('keeps what is shown when a wish is refused, and says why', async () => {
    void view.select(' stat:error ');
    expect(asked[0]!.view.selection).toBe('stat:error');
    asked[0]!.answer(new RequestError('bad_selection', "there is no 'stat:'"));
    await settle();
    expect(view.view).toEqual(WHOLE);
    expect(view.refusal).toEqual({ text: "there is no 'stat:'", ofSelection: true });
    void view.select('model');
    asked[1]!.answer();
    await settle();
    expect(view.refusal).toBeNull();
    expect(view.view.selection).toBe('model');
  });

  it('goes on from the last wish, and passes over answers to earlier ones', async () => {
    void view.toggleOpen('op:f');
    void view.toggleFold('op:g', 'after');
    expect(asked[1]!.view).toEqual({
      selection: '',
      opened: ['op:f'],
      folded: [{ node: 'op:g', side: 'after' }]
    });
    asked[1]!.answer();
    asked[0]!.answer(new Error('late'));
    await settle();
    expect(view.refusal).toBeNull();
    expect(view.isFolded('op:g', 'after')).toBe(true);
    expect(view.isFolded('op:g', 'before')).toBe(false);
    expect(shown).toEqual(['op:g']);
  });

  it('forgets what was asked when another frame comes', async () => {
    void view.select('model');
    view.begin();
    asked[0]!.answer();
    await settle();
    expect(view.view).toEqual(WHOLE);
    expect(shown).toEqual([]);
  });
});

describe('FrameClient.look', () => {
  let store: FrameStore;
  let client: FrameClient;
  const part: FrameView = { ...WHOLE, selection: 'f' };
  const only = (name: string): Scene => sceneOf([node(name)]);
  beforeEach(() => {
    vi.useFakeTimers();
    store = new FrameStore();
    client = new FrameClient(store, 'window 1', 100);
  });
  afterEach(() => vi.useRealTimers());
  const wait = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
  const answer = (request: Request): Reply => {
    const selection = (request as FrameGet).view?.selection ?? '';
    if (selection === 'wrong') {
      return { type: 'error', v: 1, code: 'bad_selection', message: 'nothing is called wrong' };
    }
    return selection === '' ? snapshot() : snapshot({ seq: 5, scene: only('op:f'), matched: 2 });
  };
  const ids = (): string[] => store.scene!.nodes.map(one => one.id);

  it('shows the view, and asks for it from then on', async () => {
    const transport = new FakeTransport({ 'frame.get': answer });
    client.attach(transport);
    await wait();
    let before: string[] = [];
    const looked = client.look(part, () => (before = ids()));
    transport.push(delta({ base: 5, seq: 6, nodes: [node('var:new')] })); // comes before the answer
    await looked;
    expect(before).toHaveLength(3);
    expect(ids()).toEqual(['op:f', 'var:new']);
    transport.push(delta({ base: 8, seq: 9 }));
    await wait();
    expect(transport.asked.map(one => (one as FrameGet).view?.selection)).toEqual(['', 'f', 'f']);
  });

  it('is not disturbed by what another panel is told', async () => {
    const transport = new FakeTransport({ 'frame.get': answer });
    client.attach(transport);
    await wait();
    transport.push(delta({ panel: 'window 2', base: 1, seq: 2, nodes: [node('var:new')] }));
    transport.push(delta({ panel: 'window 2', base: 7, seq: 8 }));
    await wait();
    expect(ids()).toHaveLength(3);
    expect(transport.asked).toHaveLength(1);
  });

  it('leaves the picture when the view is refused', async () => {
    client.attach(new FakeTransport({ 'frame.get': answer }));
    await wait();
    const wrong = client.look({ ...WHOLE, selection: 'wrong' }, () => undefined);
    await expect(wrong).rejects.toThrow('nothing is called wrong');
    await wait();
    expect(client.view).toEqual(WHOLE);
    expect(ids()).toHaveLength(3);
    expect(client.contact).toBe('live');
  });

  it('asks for everything where a new kernel has not what was selected', async () => {
    const refused: string[] = [];
    client.selectionRefused.connect(why => refused.push(why));
    client.view = { ...WHOLE, selection: 'wrong', opened: ['op:f'] };
    client.attach(new FakeTransport({ 'frame.get': answer }));
    await wait();
    expect(refused).toEqual(['nothing is called wrong']);
    expect(client.contact).toBe('live');
    expect(client.view).toEqual({ ...WHOLE, opened: ['op:f'] });
  });
});

describe('FrameStore with open nodes', () => {
  it('keeps a node selected that is there in its elements, and leaves it to the node', () => {
    const store = new FrameStore();
    store.takeSnapshot(snapshot());
    store.select('op:f');
    store.takeSnapshot(snapshot({ seq: 2, scene: sceneOf([element('op:f', 'a')]) }));
    expect(store.selected).toBe('op:f');
    store.select('call:a:op:f');
    store.takeSnapshot(snapshot({ seq: 3 }));
    expect(store.selected).toBe('op:f');
    store.takeSnapshot(snapshot({ seq: 4, scene: sceneOf([node('var:x')]) }));
    expect(store.selected).toBe('');
  });
});

describe('compact', () => {
  it('closes up what nothing stands in, and keeps the order', () => {
    const points: [number, number][] = [
      [60, 40],
      [300, 400],
      [560, 800]
    ];
    const nodes = [node('var:a'), node('op:f', { x: 500, y: 800 })];
    const left = compact(sceneOf(nodes, [edge('var:a', 'op:f', { points })]));
    const [a, f] = left.nodes as [SceneNode, SceneNode];
    expect([a.x, a.y]).toEqual([0, 0]);
    expect([f.x, f.y]).toEqual([120 + 48, 40 + 48]);
    expect(left.edges[0]!.points[0]).toEqual([60, 40]);
    expect(left.edges[0]!.points[2]).toEqual([f.x + 60, f.y]);
    const ys = left.edges[0]!.points.map(point => point[1]);
    expect(ys).toEqual([...ys].sort((one, other) => one - other));
    expect([left.width, left.height]).toEqual([f.x + 120 + 24, f.y + 40 + 24]);
  });

  it('changes nothing where nothing is empty, and bears an empty scene', () => {
    const whole = chain();
    expect(compact(whole).nodes).toEqual(whole.nodes);
    expect(compact(sceneOf([])).nodes).toEqual([]);
  });
});

describe('chips', () => {
  const drawn = sceneOf(
    [node('var:c'), node('op:f', { y: 80 }), node('op:g', { y: 500 }), chipTo('op:g', { y: 440 })],
    [edge('var:c', 'op:f'), edge('chip:var:c>op:g', 'op:g')]
  );

  it('mean their variable, and join it with who takes it', () => {
    const index = new SceneIndex(drawn);
    expect(index.meaning('chip:var:c>op:g')).toBe('var:c');
    expect(index.meaning('op:g')).toBe('op:g');
    expect(index.neighbours('var:c', 'out').sort()).toEqual(['chip:var:c>op:g', 'op:f', 'op:g']);
    expect(index.neighbours('op:g', 'in').sort()).toEqual(['chip:var:c>op:g', 'var:c']);
    expect(index.neighbours('chip:var:c>op:g', 'in')).toEqual(['var:c']);
  });

  it('are folded with their variable and with who takes it', () => {
    const folds = new Folds(drawn);
    expect([...folds.beyond('var:c', 'after')].sort()).toEqual(['op:f', 'op:g']);
    expect([...folds.beyond('op:g', 'before')]).toEqual(['var:c']);
    folds.toggle('var:c', 'after');
    expect(folds.scene().nodes.map(one => one.id)).toEqual(['var:c']);
    folds.clear();
    folds.toggle('op:g', 'before');
    expect(folds.scene().nodes.map(one => one.id)).toEqual(['op:f', 'op:g']);
  });

  it('are small, say what they are, and choose their variable', () => {
    const view = new SceneView({ words: plainWords, name: 'graph', place: 'panel' });
    const chosen: string[] = [];
    view.chosen.connect(id => chosen.push(id));
    view.update(drawn);
    const chip = view.element.querySelector<SVGGElement>('[data-id="chip:var:c>op:g"]')!;
    expect(chip.getAttribute('aria-label')).toMatch(/^reference to variable c,/);
    expect(text(chip.querySelector('.mandala-detail'))).toBe('c');
    expect(text(chip.querySelector('.mandala-label'))).toBe('');
    chip.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    view.focusNode('chip:var:c>op:g');
    chip.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    expect(chosen).toEqual(['var:c', 'var:c']);
    view.dispose();
  });
});

describe('what stands for a node', () => {
  it('is itself, its elements, or the node that it was an element of', () => {
    const f = node('op:f');
    const open = new SceneIndex(
      sceneOf([0, 200, 400].map((x, at) => element('op:f', `a${at}`, { x })))
    );
    expect(standIn(open, f)?.element).toBe('a1');
    expect(standIn(new SceneIndex(chain()), element('op:f', 'a'))?.id).toBe('op:f');
    expect(standIn(new SceneIndex(chain()), f)?.id).toBe('op:f');
    expect(standIn(new SceneIndex(chain()), node('op:gone'))).toBeNull();
  });

  /** The middle of a node on the screen. */
  function middle(view: SceneView, id: string): [number, number] {
    const moved = /translate\(([-\d.]+) ([-\d.]+)\) scale\(([\d.]+)\)/.exec(
      view.element.querySelector('.mandala-world')!.getAttribute('transform')!
    )!;
    const [x, y, k] = moved.slice(1).map(Number) as [number, number, number];
    const found = view.contents.nodes.get(id)!;
    return [x + (found.x + found.w / 2) * k, y + (found.y + found.h / 2) * k];
  }

  it('is where the node was on the screen, and has the focus', () => {
    const view = new SceneView({ words: plainWords, name: 'graph', place: 'panel' });
    document.body.replaceChildren(view.element);
    view.update(chain());
    view.focusNode('op:f');
    const before = middle(view, 'op:f');
    view.hold('op:f');
    view.update(
      sceneOf([
        node('var:x'),
        node('var:y', { x: 1400, y: 900 }),
        element('op:f', 'a', { x: 600, y: 333, w: 80 })
      ])
    );
    const after = middle(view, 'call:a:op:f');
    expect(after[0]).toBeCloseTo(before[0], 1);
    expect(after[1]).toBeCloseTo(before[1], 1);
    expect(document.activeElement?.getAttribute('data-id')).toBe('call:a:op:f');
    view.dispose();
  });

  it('moves where the rest would be out of view though there is room', () => {
    const view = new SceneView({ words: plainWords, name: 'graph', place: 'panel' });
    const column = (count: number): Scene =>
      sceneOf(Array.from({ length: count }, (_, at) => node(`op:f${at}`, { y: at * 100 })));
    view.update(column(8));
    view.focusNode('op:f7');
    const before = middle(view, 'op:f7');
    view.hold('op:f7');
    view.update(sceneOf([node('op:f7', { y: 0 }), node('var:y', { y: 100 })]));
    expect(middle(view, 'op:f7')[1]).toBeLessThan(before[1]);
    expect(middle(view, 'var:y')[1]).toBeLessThan(320);
    view.dispose();
  });
});
