import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TransportError } from '../src/state/transport';
import { ANSWER_TIMEOUT_MS, WidgetTransport } from '../src/transport/anywidget';
import type { WidgetModel } from '../src/transport/anywidget';
import widget from '../src/widget';
import { chain, inspected, node, settle } from './samples';

class FakeModel implements WidgetModel {
  readonly sent: { id: number; type: string }[] = [];
  saved = 0;
  private readonly listeners = new Map<string, Set<(...values: unknown[]) => void>>();

  constructor(private readonly traits: Record<string, unknown>) {}

  get(name: string): unknown {
    return this.traits[name];
  }

  set(name: string, value: unknown): void {
    this.traits[name] = value;
  }

  save_changes(): void {
    this.saved += 1;
  }

  send(content: unknown): void {
    this.sent.push(content as { id: number; type: string });
  }

  on(event: string, listener: (...values: unknown[]) => void): void {
    const listeners = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, listeners.add(listener));
  }

  off(event: string, listener: (...values: unknown[]) => void): void {
    this.listeners.get(event)?.delete(listener);
  }

  fire(event: string, ...values: unknown[]): void {
    this.listeners.get(event)?.forEach(listener => listener(...values));
  }

  get listening(): number {
    return [...this.listeners.values()].reduce((sum, one) => sum + one.size, 0);
  }
}

describe('WidgetTransport', () => {
  it('pairs replies with requests by number', async () => {
    const model = new FakeModel({});
    const transport = new WidgetTransport(model);
    const first = transport.request({ type: 'node.inspect', node: 'op:f' });
    const second = transport.request({ type: 'node.inspect', node: 'op:g' });
    model.fire('msg:custom', { id: 2, ...inspected({ node: 'op:g' }) });
    model.fire('msg:custom', { id: 1, ...inspected() });
    model.fire('msg:custom', { other: 'message' });
    expect(await first).toEqual(inspected());
    expect(await second).toMatchObject({ node: 'op:g' });
  });

  it('gives up after a while and says why', async () => {
    vi.useFakeTimers();
    const transport = new WidgetTransport(new FakeModel({}));
    const asked = transport.request({ type: 'call.inspect', hid: 'h' });
    const failed = expect(asked).rejects.toThrow(TransportError);
    await vi.advanceTimersByTimeAsync(ANSWER_TIMEOUT_MS);
    await failed;
    vi.useRealTimers();
  });
});

describe('the widget', () => {
  let model: FakeModel;
  let el: HTMLElement;
  let remove: () => void;
  beforeEach(() => {
    model = new FakeModel({ scene: chain(), selected: '' });
    el = document.createElement('div');
    document.body.replaceChildren(el);
    remove = widget.render({ model, el });
  });
  const click = (id: string): void => {
    el.querySelector(`[data-id="${id}"]`)!.dispatchEvent(
      new MouseEvent('click', { bubbles: true })
    );
  };

  it('draws the scene and follows the trait', () => {
    expect(el.querySelectorAll('.mandala-node')).toHaveLength(3);
    model.set('scene', { ...chain(), nodes: [node('var:x')], edges: [] });
    model.fire('change:scene');
    expect(el.querySelectorAll('.mandala-node')).toHaveLength(1);
  });

  it('tells Python what was chosen, once', () => {
    click('op:f');
    expect(model.get('selected')).toBe('op:f');
    expect(model.saved).toBe(1);
  });

  it('shows what Python selects and does not echo it', () => {
    model.set('selected', 'var:y');
    model.fire('change:selected');
    expect(el.querySelector('.mandala-selected')?.getAttribute('data-id')).toBe('var:y');
    expect(model.saved).toBe(0);
  });

  it('inspects over custom messages', async () => {
    click('op:f');
    expect(model.sent[0]).toMatchObject({ id: 1, type: 'node.inspect', node: 'op:f', v: 1 });
    model.fire('msg:custom', { id: 1, ...inspected() });
    await settle();
    expect(el.querySelector('.mandala-inspector')?.textContent).toContain('Doubles.');
  });

  it('keeps the last good scene when the trait is none', () => {
    model.set('scene', {});
    model.fire('change:scene');
    expect(el.querySelectorAll('.mandala-node')).toHaveLength(3);
  });

  it('leaves nothing behind', () => {
    remove();
    expect(el.childElementCount).toBe(0);
    expect(model.listening).toBe(0);
  });
});
