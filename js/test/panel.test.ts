import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NotebookFollower } from '../src/lab/follower';
import { MandalaPanel } from '../src/lab/panel';
import { RememberedViews } from '../src/lab/remembered';
import { resumeCode } from '../src/lab/resume';
import type { FrameGet, Reply, Request } from '../src/schema/messages';
import { WHOLE } from '../src/state/view';
import { FakeKernel, FakeNotebook, FakeTracker, replyOf } from './fakes';
import { INFO, inspected, snapshot } from './samples';

const words = nullTranslator.load('mandala_lab');

describe('MandalaPanel', () => {
  let tracker: FakeTracker;
  let panel: MandalaPanel;
  /** What the server knows of each notebook. */
  let stored: Map<string, Reply>;
  let read: string[];
  let asked: Request[];
  /** What the server waits for before it answers. */
  let hold: Promise<void>;
  let storeAnswers: () => void;
  beforeEach(() => {
    vi.useFakeTimers();
    tracker = new FakeTracker();
    stored = new Map();
    read = [];
    asked = [];
    hold = Promise.resolve();
    window.sessionStorage.clear();
    const never: Reply = { type: 'error', code: 'never_recorded', message: '', v: 1 };
    panel = new MandalaPanel({
      follower: new NotebookFollower(tracker.tracker),
      archiveOf: path => ({
        request: async request => {
          read.push(`${path} ${request.type}`);
          asked.push(request);
          const known = request.type === 'frame.get' ? stored.get(path) : inspected();
          await hold;
          return known ?? never;
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
  const buttonOf = (text: string): HTMLButtonElement =>
    [...panel.node.querySelectorAll('button')].find(one => one.textContent?.includes(text))!;
  const pressContinue = (): void => buttonOf('Continue recording').click();
  const field = (): HTMLInputElement => panel.node.querySelector('input[type=search]')!;
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

  it.each(['store', 'kernel'])(
    'shows the view chosen before the kernel answered, when the %s answers first',
    async first => {
      new RememberedViews().keep('a.ipynb', { ...WHOLE, selection: '+model' });
      stored.set('a.ipynb', snapshot());
      const kernel = new FakeKernel();
      tracker.show(new FakeNotebook('a.ipynb', kernel));
      show();
      await wait();
      const answers = [
        (): void => storeAnswers(),
        (): void => kernel.futures.at(0)?.onReply(replyOf(snapshot()))
      ];
      hold = new Promise(resolve => (storeAnswers = resolve));
      buttonOf('Show all').click();
      kernel.reply = snapshot({ store: { ...INFO, calls: 78 } });
      for (const answer of first === 'store' ? answers : answers.reverse()) {
        answer();
        await wait();
      }
      const views = kernel.sent.map(message => (message.content as FrameGet).view?.selection);
      expect(views).toEqual(['+model', '']);
      expect(head()).toContain('78 calls');
      expect(field().value).toBe('');
    }
  );

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
