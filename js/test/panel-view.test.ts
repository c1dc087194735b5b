import { beforeEach, describe, expect, it } from 'vitest';
import { FrameClient } from '../src/state/client';
import { FrameStore } from '../src/state/store';
import { ViewState } from '../src/state/view';
import { plainWords } from '../src/state/words';
import { FakeTransport } from '../src/transport/fake';
import { FIRST_LINES } from '../src/views/empty-state';
import { PanelView } from '../src/views/panel-view';
import { buttonNamed, chain, inspected, settle, snapshot, text } from './samples';

describe('PanelView', () => {
  let store: FrameStore;
  let client: FrameClient;
  let view: ViewState;
  let resumed: number;
  let panel: PanelView;
  beforeEach(() => {
    store = new FrameStore();
    client = new FrameClient(store, 'window 1');
    view = new ViewState((wanted, onShow) => client.look(wanted, onShow));
    resumed = 0;
    panel = new PanelView({
      store,
      client,
      view,
      ask: client.ask,
      words: plainWords,
      resume: () => {
        resumed += 1;
        return resumed > 1 ? Promise.resolve() : Promise.reject(new Error('UsageError: no'));
      }
    });
    document.body.replaceChildren(panel.element);
  });

  it('tells a newcomer what to type', () => {
    expect(text(panel.element)).toContain('No notebook in front');
    panel.setSurroundings('kernel');
    expect(text(panel.element.querySelector('pre'))).toBe(FIRST_LINES);
    expect(FIRST_LINES).toContain(
      '%load_ext mandala_lab\n%mandala on results.db\nfrom mandala_lab import op'
    );
  });

  it('shows a live frame, and opens the inspector for a chosen node', async () => {
    panel.setSurroundings('kernel');
    client.attach(
      new FakeTransport({ 'frame.get': () => snapshot(), 'node.inspect': () => inspected() })
    );
    await settle();
    expect(text(panel.element.querySelector('.mandala-store'))).toContain('results.db');
    expect(text(panel.element.querySelector('.mandala-store'))).toContain('live');
    expect(text(panel.element.querySelector('.mandala-store'))).toContain('saved 12 s');
    panel.element
      .querySelector('[data-id="op:f"]')!
      .dispatchEvent(new MouseEvent('click', { bubbles: true }));
    await settle();
    expect(text(panel.element.querySelector('.mandala-inspector'))).toContain('Doubles.');
  });

  it('marks a remembered frame and continues recording on request', async () => {
    store.recall({ scene: chain(), store: null });
    panel.setSurroundings('kernel');
    const notice = panel.element.querySelector('.mandala-notice')!;
    expect(text(notice)).toContain('As last seen');
    buttonNamed(notice, 'Continue recording').click();
    await settle();
    expect(text(notice)).toContain('UsageError: no');
    buttonNamed(notice, 'Continue recording').click();
    await settle();
    expect(resumed).toBe(2);
    store.takeSnapshot(snapshot());
    expect(panel.element.querySelector<HTMLElement>('.mandala-notice')!.hidden).toBe(true);
  });

  it('says that it records when there is no call yet', async () => {
    panel.setSurroundings('kernel');
    const empty = { ...chain(), nodes: [], edges: [] };
    client.attach(new FakeTransport({ 'frame.get': () => snapshot({ scene: empty }) }));
    await settle();
    expect(text(panel.element)).toContain('No call so far');
  });
});
