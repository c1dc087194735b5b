/*
 * Small, complete messages for the tests.
 */
import type {
  CallInspected,
  CallRow,
  FrameDelta,
  FrameSnapshot,
  NodeInspected,
  ReplayFinished,
  Scene,
  SceneEdge,
  SceneNode,
  StoreInfo,
  ValueRow
} from '../src/schema/messages';

export function node(id: string, change: Partial<SceneNode> = {}): SceneNode {
  return {
    id,
    kind: id.startsWith('op:') ? 'op' : 'var',
    label: id.split(':')[1] ?? id,
    detail: '2 calls',
    status: 'computed',
    counts: { total: 2, computed: 2, cached: 0, error: 0 },
    x: 0,
    y: 0,
    w: 120,
    h: 40,
    group: '',
    element: '',
    hiddenBefore: 0,
    hiddenAfter: 0,
    ...change
  };
}

export function edge(source: string, target: string, change: Partial<SceneEdge> = {}): SceneEdge {
  return {
    id: `${source}>${target}`,
    source,
    target,
    label: 'argument',
    points: [
      [60, 40],
      [60, 80]
    ],
    ...change
  };
}

/** x -> f -> y, from top to bottom. */
export function chain(): Scene {
  return {
    version: 1,
    width: 120,
    height: 200,
    nodes: [node('var:x'), node('op:f', { y: 80 }), node('var:y', { y: 160 })],
    edges: [edge('var:x', 'op:f'), edge('op:f', 'var:y')]
  };
}

/** Some nodes and edges as a picture. */
export function sceneOf(nodes: SceneNode[], edges: SceneEdge[] = []): Scene {
  return { version: 1, width: 900, height: 900, nodes, edges };
}

/** A call of an operation that is open. */
export function element(group: string, name: string, change: Partial<SceneNode> = {}): SceneNode {
  return node(`call:${name}:${group}`, {
    kind: 'call',
    label: name,
    group,
    element: name,
    ...change
  });
}

export const INFO: StoreInfo = {
  label: 'results.db',
  calls: 3,
  computed: 2,
  cached: 1,
  errors: 0,
  savedS: 12
};

export function snapshot(change: Partial<FrameSnapshot> = {}): FrameSnapshot {
  return {
    type: 'frame.snapshot',
    v: 1,
    seq: 1,
    scene: chain(),
    store: INFO,
    session: 's1',
    matched: null,
    ...change
  };
}

export function delta(change: Partial<FrameDelta> = {}): FrameDelta {
  return {
    type: 'frame.delta',
    v: 1,
    panel: 'window 1',
    seq: 2,
    base: 1,
    width: 300,
    height: 400,
    nodes: [],
    edges: [],
    removedNodes: [],
    removedEdges: [],
    store: INFO,
    session: 's1',
    matched: null,
    ...change
  };
}

export function call(change: Partial<CallRow> = {}): CallRow {
  return {
    hid: 'h1',
    op: 'f',
    status: 'computed',
    startedS: 1,
    durationS: 0.25,
    arguments: 'x=1',
    error: '',
    ...change
  };
}

export function value(name: string, change: Partial<ValueRow['preview']> = {}): ValueRow {
  const preview = {
    kind: 'text' as const,
    typeName: 'int',
    text: '1',
    truncated: false,
    shape: [],
    dtype: '',
    columns: [],
    rows: [],
    stats: {},
    ...change
  };
  return { name, hid: 'hid-of-value', cid: 'cid-of-value', preview };
}

export function inspected(change: Partial<NodeInspected> = {}): NodeInspected {
  return {
    type: 'node.inspected',
    v: 1,
    node: 'op:f',
    kind: 'op',
    label: 'f',
    total: 1,
    offset: 0,
    calls: [call()],
    values: [],
    source: 'def f(x):\n    return x',
    doc: 'Doubles.',
    ...change
  };
}

export function callInspected(change: Partial<CallInspected> = {}): CallInspected {
  return {
    type: 'call.inspected',
    v: 1,
    call: call(),
    inputs: [value('x')],
    outputs: [value('y')],
    editable: [
      { name: 'x', literal: '1', text: '1' },
      { name: 'model', literal: '', text: 'Model(…)' }
    ],
    source: '',
    traceback: '',
    ...change
  };
}

export function finished(change: Partial<ReplayFinished> = {}): ReplayFinished {
  return {
    type: 'replay.finished',
    v: 1,
    ticket: 't1',
    verdict: 'changed',
    summary: 'f with x=2: changed (2 executed, 3 reused)',
    executed: 2,
    reused: 3,
    differences: [{ node: 'y', before: '1', after: '2' }],
    before: chain(),
    after: chain(),
    error: '',
    ...change
  };
}

/** Let pending promises and zero timers run. */
export async function settle(ms = 0): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, ms));
}

/** A label that would do harm if it became markup. */
export const HOSTILE =
  '<img src=x onerror="globalThis.harmed=1"><script>globalThis.harmed=1</script>';

/** The text of an element. */
export const text = (element: Element | null): string => element?.textContent ?? '';

/** The button with a name, which must be there. */
export const buttonNamed = (root: Element, name: string): HTMLButtonElement => {
  const found = [...root.querySelectorAll('button')].find(one => text(one).includes(name));
  if (!found) {
    throw new Error(`There is no button "${name}" in: ${text(root)}`);
  }
  return found;
};
