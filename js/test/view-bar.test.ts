import { beforeEach, describe, expect, it } from 'vitest';
import { SceneIndex } from '../src/draw/scene-index';
import type { FrameView, Request } from '../src/schema/messages';
import { FrameStore } from '../src/state/store';
import { RequestError } from '../src/state/transport';
import { ViewState, WHOLE } from '../src/state/view';
import { plainWords } from '../src/state/words';
import { FakeTransport } from '../src/transport/fake';
import { Inspector } from '../src/views/inspector';
import { NodeActions } from '../src/views/node-actions';
import { ViewBar } from '../src/views/view-bar';
import {
  call,
  callInspected,
  chain,
  element,
  HOSTILE,
  INFO,
  node,
  sceneOf,
  settle,
  snapshot,
  value
} from './samples';

const text = (element: Element | null): string => element?.textContent ?? '';

describe('NodeActions', () => {
  const settings = (): { asked: FrameView[]; actions: NodeActions; view: ViewState } => {
    const asked: FrameView[] = [];
    const view = new ViewState((wanted, onShow) => {
      asked.push(wanted);
      onShow();
      return Promise.resolve();
    });
    const actions = new NodeActions(view, plainWords);
    document.body.replaceChildren(actions.element);
    return { asked, actions, view };
  };
  const named = (root: HTMLElement, name: string): HTMLButtonElement =>
    [...root.querySelectorAll('button')].find(one => text(one).includes(name))!;

  it('opens a node, closes it from one of its elements, and keeps the focus', async () => {
    const { asked, actions } = settings();
    actions.update('op:f', new SceneIndex(chain()));
    named(actions.element, 'Open its 2 calls').focus();
    named(actions.element, 'Open its 2 calls').click();
    await settle();
    expect(asked[0]!.opened).toEqual(['op:f']);
    const open = new SceneIndex(sceneOf([element('op:f', HOSTILE)]));
    actions.update('op:f', open);
    expect(text(document.activeElement)).toBe('Close f');
    actions.update(`call:${HOSTILE}:op:f`, open);
    named(actions.element, 'Close f').click();
    await settle();
    expect(asked[1]!.opened).toEqual([]);
    expect(document.querySelector('script, img')).toBeNull();
  });

  it('folds a side away and tells how much is behind it', async () => {
    const { asked, actions } = settings();
    actions.update('op:f', new SceneIndex(chain()));
    named(actions.element, 'Hide what leads here').click();
    await settle();
    expect(asked[0]!.folded).toEqual([{ node: 'op:f', side: 'before' }]);
    actions.update('op:f', new SceneIndex(sceneOf([node('op:f', { hiddenBefore: 7 })])));
    expect(named(actions.element, 'Show what leads here (7)').disabled).toBe(false);
    expect(named(actions.element, 'Hide what follows').disabled).toBe(true);
  });

  it('offers nothing where nothing is chosen', () => {
    const { actions } = settings();
    actions.update('', new SceneIndex(chain()));
    expect(actions.element.hidden).toBe(true);
  });
});

describe('ViewBar', () => {
  let answer: () => Promise<void>;
  let store: FrameStore;
  let view: ViewState;
  let bar: ViewBar;
  let field: HTMLInputElement;
  beforeEach(() => {
    answer = () => Promise.resolve();
    store = new FrameStore();
    view = new ViewState(async (_, onShow) => {
      await answer();
      onShow();
    });
    bar = new ViewBar(view, store, plainWords);
    document.body.replaceChildren(bar.element);
    field = bar.element.querySelector('input')!;
  });
  const write = async (selection: string): Promise<void> => {
    field.value = selection;
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }));
    await settle();
  };
  const state = (): string => text(bar.element.querySelector('.mandala-view-state'));
  const problem = (): HTMLElement => bar.element.querySelector('[role=alert]')!;

  it('applies what is written, says what it comes to, and shows all again', async () => {
    await write('status:error');
    store.takeSnapshot(snapshot({ matched: 2 }));
    expect(state()).toContain('2 of 3 calls');
    store.takeSnapshot(snapshot({ seq: 2, matched: 3, store: { ...INFO, calls: 9 } }));
    expect(state()).toContain('3 of 9 calls');
    bar.element.querySelector<HTMLButtonElement>('.mandala-view-state button')!.click();
    await settle();
    expect(view.view).toEqual(WHOLE);
    expect(field.value).toBe('');
    expect(text(bar.element.querySelector('[role=status]'))).toBe('Everything is shown');
    const reset = bar.element.querySelector<HTMLElement>('.mandala-view-state button')!;
    expect(reset.hidden).toBe(true);
  });

  it('shows why a selection was refused beside what was written, as text', async () => {
    answer = () => Promise.reject(new RequestError('bad_selection', HOSTILE));
    await write(HOSTILE);
    expect(text(problem())).toBe(HOSTILE);
    expect(problem().childElementCount).toBe(0);
    expect(field.getAttribute('aria-invalid')).toBe('true');
    expect(field.getAttribute('aria-describedby')).toBe(problem().id);
    expect(field.value).toBe(HOSTILE);
    answer = () => Promise.resolve();
    await write('model');
    expect(problem().hidden).toBe(true);
    expect(field.getAttribute('aria-invalid')).toBe('false');
  });

  it('shows everything as soon as the field is empty, and Escape takes back what was written', async () => {
    await write('model');
    field.value = 'mod';
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    expect(field.value).toBe('model');
    field.value = '';
    field.dispatchEvent(new Event('input'));
    await settle();
    expect(view.view.selection).toBe('');
  });

  it('explains what can be written', () => {
    const button = bar.element.querySelector<HTMLButtonElement>('.mandala-help-button')!;
    const help = bar.element.querySelector<HTMLElement>('.mandala-view-help')!;
    expect(help.hidden).toBe(true);
    button.click();
    expect(help.hidden).toBe(false);
    expect(button.getAttribute('aria-expanded')).toBe('true');
    help.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    expect(help.hidden).toBe(true);
    expect(document.activeElement).toBe(button);
  });

  it('shows all around the chosen node, where that is in the picture', async () => {
    const anchors: string[] = [];
    view.showing.connect(anchor => anchors.push(anchor));
    const showAll = bar.element.querySelector<HTMLButtonElement>('.mandala-view-state button')!;
    for (const chosen of ['op:f', 'op:gone']) {
      await write('+f');
      store.takeSnapshot(snapshot({ matched: 2 }));
      store.select(chosen);
      showAll.click();
      await settle();
    }
    expect(anchors).toEqual(['', 'op:f', '', '']);
  });
});

describe('Inspector of elements', () => {
  it('shows the call or the value that a node is, and leads to all of its kind', async () => {
    const asked: Request[] = [];
    const transport = new FakeTransport({
      'call.inspect': () => callInspected(),
      'ref.inspect': () => ({
        type: 'ref.inspected',
        v: 1,
        value: value(HOSTILE),
        maker: null,
        takers: [call({ hid: 't1' })],
        takersTotal: 60
      })
    });
    const inspector = new Inspector({
      ask: request => {
        asked.push(request);
        return transport.request(request) as never;
      },
      words: plainWords,
      replays: null,
      onClose: () => undefined
    });
    inspector.showNode('call:h1:op:f', element('op:f', 'h1'));
    await settle();
    expect(asked[0]).toEqual({ type: 'call.inspect', hid: 'h1' });
    const ref = node('ref:r1:var:x', { kind: 'ref', group: 'var:x', element: 'r1' });
    inspector.showNode('ref:r1:var:x', ref);
    await settle();
    expect(asked[1]).toEqual({ type: 'ref.inspect', hid: 'r1', variable: 'var:x' });
    expect(text(inspector.element)).toContain('it was given');
    expect(text(inspector.element)).toContain('and 59 earlier');
    expect(text(inspector.element)).toContain('← All values');
    expect(inspector.element.querySelector('script, img')).toBeNull();
    inspector.showNode('more:op:f', node('more:op:f', { kind: 'more', group: 'op:f' }));
    await settle();
    expect(asked[2]).toMatchObject({ type: 'node.inspect', node: 'op:f' });
  });
});
