import { describe, expect, it, vi } from 'vitest';
import type { Request } from '../src/schema/messages';
import { Replays } from '../src/state/replays';
import { askOver } from '../src/state/transport';
import { plainWords } from '../src/state/words';
import { FakeTransport } from '../src/transport/fake';
import type { Answer } from '../src/transport/fake';
import { EVERY_MS } from '../src/views/age';
import { ago, duration } from '../src/views/format';
import { Inspector } from '../src/views/inspector';
import { valueItem } from '../src/views/preview';
import { splitter } from '../src/views/splitter';
import {
  buttonNamed,
  call,
  callInspected,
  finished,
  HOSTILE,
  inspected,
  settle,
  text,
  value
} from './samples';

describe('format', () => {
  it.each([
    [0.00004, '40 µs'],
    [0.0042, '4.2 ms'],
    [0.0449, '45 ms'],
    [1.25, '1.3 s'],
    [42, '42 s'],
    [83.4, '1 min 23 s'],
    [7200, '2 h']
  ])('writes %s s as %s', (seconds, written) => {
    expect(duration(seconds)).toBe(written);
  });

  it.each([
    [3, 'just now'],
    [40, '40 s ago'],
    [3599, '59 min ago'],
    [7300, '2 h ago'],
    [90_000, '1 day ago']
  ])('writes %s s before now as %s', (passed, written) => {
    expect(ago(1_000_000 - passed, 1_000_000, plainWords)).toBe(written);
  });
});

describe('valueItem', () => {
  it('shows the head of a table', () => {
    const item = valueItem(
      value('rows', { kind: 'table', columns: ['a', 'b'], rows: [['1', '2']], shape: [10, 2] }),
      plainWords
    );
    expect([...item.querySelectorAll('th')].map(text)).toEqual(['a', 'b']);
    expect([...item.querySelectorAll('td')].map(text)).toEqual(['1', '2']);
    expect(text(item)).toContain('First 1 of 10 rows.');
  });

  it('shows shape, type and measures of an array', () => {
    const item = valueItem(
      value('a', { kind: 'array', shape: [3, 4], dtype: 'float64', stats: { mean: '0.5' } }),
      plainWords
    );
    expect(text(item.querySelector('.mandala-type'))).toContain('3 × 4 float64');
    expect(text(item.querySelector('dl'))).toBe('mean0.5');
  });

  it('says what is missing and what is shortened', () => {
    const missing = valueItem(value('a', { kind: 'missing', text: '' }), plainWords);
    expect(text(missing)).toContain('no longer in the store');
    const long = valueItem(value('a', { truncated: true }), plainWords);
    expect(text(long)).toContain('Shortened');
  });

  it('shows hostile values as text', () => {
    const item = valueItem(
      value(HOSTILE, { kind: 'table', columns: [HOSTILE], rows: [[HOSTILE]], typeName: HOSTILE }),
      plainWords
    );
    document.body.replaceChildren(item);
    expect(document.querySelector('img, script')).toBeNull();
    expect(text(item.querySelector('td'))).toBe(HOSTILE);
  });
});

describe('splitter', () => {
  it('moves by arrow keys within limits', () => {
    const frame = document.createElement('div');
    const bar = splitter(frame, plainWords);
    bar.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown' }));
    expect(frame.style.getPropertyValue('--mandala-split')).toBe('0.550');
    for (let i = 0; i < 20; i += 1) {
      bar.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp' }));
    }
    expect(frame.style.getPropertyValue('--mandala-split')).toBe('0.150');
  });
});

interface Setting {
  inspector: Inspector;
  transport: FakeTransport;
  replays: Replays;
  closed: () => number;
}

function setUp(answers: Partial<Record<Request['type'], Answer>>, replay = true): Setting {
  const transport = new FakeTransport(answers);
  const replays = new Replays();
  let closed = 0;
  const inspector = new Inspector({
    ask: request => askOver(transport, request),
    words: plainWords,
    replays: replay ? replays : null,
    onClose: () => (closed += 1)
  });
  document.body.replaceChildren(inspector.element);
  return { inspector, transport, replays, closed: () => closed };
}

describe('Inspector', () => {
  it('shows the calls, code and documentation of an op', async () => {
    const { inspector } = setUp({ 'node.inspect': () => inspected() });
    inspector.showNode('op:f');
    await settle();
    expect(inspector.element.hidden).toBe(false);
    expect(text(inspector.element)).toContain('Doubles.');
    expect(text(inspector.element.querySelector('pre'))).toContain('def f(x)');
    const row = inspector.element.querySelector('tbody tr');
    expect(text(row)).toContain('x=1');
    expect(text(row)).toContain('computed');
    expect(text(row)).toContain('250 ms');
  });

  it('says how long ago calls were for as long as it is shown', async () => {
    vi.useFakeTimers();
    const startedS = Date.now() / 1000 - 20;
    const calls = [call({ startedS })];
    const { inspector } = setUp({ 'node.inspect': () => inspected({ calls }) });
    inspector.showNode('op:f');
    await vi.advanceTimersByTimeAsync(0);
    const when = inspector.element.querySelector('.mandala-when');
    expect(text(when)).toBe('20 s ago');
    await vi.advanceTimersByTimeAsync(3 * EVERY_MS);
    expect(text(when)).toBe('50 s ago');
    inspector.dispose();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('asks for the next page and appends it', async () => {
    const { inspector, transport } = setUp({
      'node.inspect': request =>
        request.type === 'node.inspect' && request.offset === 1
          ? inspected({ total: 2, offset: 1, calls: [call({ hid: 'h2', arguments: 'x=2' })] })
          : inspected({ total: 2 })
    });
    inspector.showNode('op:f');
    await settle();
    buttonNamed(inspector.element, 'Show 1 more').click();
    await settle();
    expect(inspector.element.querySelectorAll('tbody tr')).toHaveLength(2);
    expect(inspector.element.querySelector('.mandala-more button')).toBeNull();
    expect(transport.asked.at(-1)).toMatchObject({ offset: 1, limit: 50 });
  });

  it('shows the values of a variable', async () => {
    const { inspector } = setUp({
      'node.inspect': () =>
        inspected({ node: 'var:y', kind: 'var', calls: [], values: [value('y')] })
    });
    inspector.showNode('var:y');
    await settle();
    expect(inspector.element.querySelectorAll('.mandala-value')).toHaveLength(1);
    expect(text(inspector.element)).toContain('1 value');
  });

  it('shows a failure with its reason and tries again', async () => {
    let failing = true;
    const { inspector } = setUp({
      'node.inspect': () =>
        failing ? { type: 'error', v: 1, code: 'x', message: 'The store is locked.' } : inspected()
    });
    inspector.showNode('op:f');
    await settle();
    expect(text(inspector.element.querySelector('[role=alert]'))).toContain('The store is locked.');
    failing = false;
    buttonNamed(inspector.element, 'Try again').click();
    await settle();
    expect(inspector.element.querySelector('[role=alert]')).toBeNull();
    expect(text(inspector.element)).toContain('Doubles.');
  });

  it('throws away a late answer to an earlier question', async () => {
    const { inspector } = setUp({
      'node.inspect': async request => {
        const node = request.type === 'node.inspect' ? request.node : '';
        await settle(node === 'op:slow' ? 30 : 0);
        return inspected({ node, label: node });
      }
    });
    inspector.showNode('op:slow');
    inspector.showNode('op:quick');
    await settle(60);
    expect(text(inspector.element.querySelector('h3'))).toContain('op:quick');
  });

  it('goes to a call with its traceback, and back', async () => {
    const { inspector } = setUp({
      'node.inspect': () => inspected(),
      'call.inspect': () =>
        callInspected({
          call: call({ status: 'error', error: 'ValueError: no' }),
          outputs: [],
          traceback: 'Traceback …'
        })
    });
    inspector.showNode('op:f');
    await settle();
    buttonNamed(inspector.element, 'x=1').click();
    await settle();
    expect(text(inspector.element)).toContain('ValueError: no');
    expect(text(inspector.element.querySelector('pre'))).toBe('Traceback …');
    buttonNamed(inspector.element, 'All calls').click();
    await settle();
    expect(text(inspector.element)).toContain('Doubles.');
  });

  it('has no replay form where replays are not possible', async () => {
    const answers = { 'node.inspect': () => inspected(), 'call.inspect': () => callInspected() };
    const { inspector } = setUp(answers, false);
    inspector.showNode('op:f');
    await settle();
    buttonNamed(inspector.element, 'x=1').click();
    await settle();
    expect(inspector.element.querySelector('form')).toBeNull();
  });

  it('closes by button and by Escape', () => {
    const { inspector, closed } = setUp({});
    inspector.showNode('op:f');
    inspector.element.querySelector<HTMLButtonElement>('.mandala-icon-button')!.click();
    inspector.element.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
    expect(closed()).toBe(2);
  });
});

describe('replaying', () => {
  async function openForm(answer: Answer): Promise<Setting> {
    const setting = setUp({
      'node.inspect': () => inspected(),
      'call.inspect': () => callInspected(),
      'replay.run': answer
    });
    setting.inspector.showNode('op:f');
    await settle();
    buttonNamed(setting.inspector.element, 'x=1').click();
    await settle();
    return setting;
  }
  const submit = (root: Element): void => {
    root.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true }));
  };

  it('sends what was changed, waits, and shows the outcome', async () => {
    const setting = await openForm(() => ({ type: 'replay.queued', v: 1, ticket: 't1' }));
    const root = setting.inspector.element;
    root.querySelector<HTMLInputElement>('input[name=x]')!.value = '2';
    root.querySelector('select')!.value = 'downstream';
    submit(root);
    await settle();
    expect(setting.transport.asked.at(-1)).toEqual({
      type: 'replay.run',
      v: 1,
      call: 'h1',
      arguments: { x: '2' },
      scope: 'downstream'
    });
    expect(text(root)).toContain('Waiting for the kernel');
    expect(buttonNamed(root, 'Run').disabled).toBe(true);
    setting.replays.take(finished());
    await settle();
    expect(text(root)).toContain('The result changed');
    expect(text(root)).toContain('2 executed');
    expect(text(root.querySelector('.mandala-differences tbody'))).toBe('y12');
    expect(root.querySelectorAll('.mandala-picture svg')).toHaveLength(2);
    const marked = [...root.querySelectorAll('.mandala-picture .mandala-selected')];
    expect(marked.map(mark => mark.getAttribute('data-id'))).toEqual(['var:y', 'var:y']);
    expect(buttonNamed(root, 'Run').disabled).toBe(false);
  });

  it('sends no argument that is as recorded, and offers none without a literal', async () => {
    const setting = await openForm(() => ({ type: 'replay.queued', v: 1, ticket: 't1' }));
    expect(setting.inspector.element.querySelectorAll('input')).toHaveLength(1);
    submit(setting.inspector.element);
    await settle();
    expect(setting.transport.asked.at(-1)).toMatchObject({ arguments: {}, scope: 'call' });
  });

  it('shows a replay that failed, and a kernel that went away', async () => {
    const setting = await openForm(() => ({ type: 'replay.queued', v: 1, ticket: 't1' }));
    const root = setting.inspector.element;
    submit(root);
    await settle();
    setting.replays.take(finished({ verdict: 'failed', error: 'SyntaxError', after: null }));
    await settle();
    expect(text(root)).toContain('The replay failed');
    expect(text(root.querySelector('.mandala-result pre'))).toBe('SyntaxError');
    submit(root);
    await settle();
    setting.replays.abandon(new Error('The kernel stopped.'));
    await settle();
    expect(text(root.querySelector('[role=alert]'))).toContain('The kernel stopped.');
  });

  it('shows why a literal was refused', async () => {
    const refusal = { type: 'error', v: 1, code: 'literal', message: 'x: not a literal.' } as const;
    const setting = await openForm(() => refusal);
    submit(setting.inspector.element);
    await settle();
    expect(text(setting.inspector.element.querySelector('[role=alert]'))).toContain(
      'not a literal'
    );
  });
});
