import { beforeEach, describe, expect, it } from 'vitest';
import type { Report, ReportOp } from '../src/schema/messages';
import { REPORT_VERSION } from '../src/schema/messages';
import { Folds } from '../src/state/folds';
import { plainWords } from '../src/state/words';
import { ReportView } from '../src/views/report-view';
import { SearchBox } from '../src/views/search-box';
import { chain, edge, HOSTILE, node, value } from './samples';

const text = (element: Element | null): string => element?.textContent ?? '';

function op(id: string, change: Partial<ReportOp> = {}): ReportOp {
  const code = [{ id: 'abcdef1234', seenS: 0, calls: 2, source: 'def f(x): ...' }];
  const plain = { node: id, key: 'm:f', doc: '', calls: 2, failed: 0, tookS: 1.5, failures: [] };
  return { ...plain, code, ...change };
}

function report(change: Partial<Report> = {}): Report {
  const rows = Array.from({ length: 120 }, (_, row) => [`x${row}`, `f${row}`, `y${row}`]);
  return {
    version: REPORT_VERSION,
    title: 'A report',
    hasValues: true,
    summary: {
      store: 'a.db',
      exportedS: 0,
      operations: 1,
      variables: 2,
      calls: 2,
      refs: 4,
      failed: 0,
      tookS: 1
    },
    scene: chain(),
    ops: [op('op:f')],
    variables: [
      { node: 'var:x', total: 3, values: [value('x')] },
      { node: 'var:y', total: 1, values: [] }
    ],
    table: { columns: ['var:x', 'op:f', 'var:y'], rows, total: 120, nodes: 3 },
    ...change
  };
}

describe('Folds', () => {
  const ring = (): Folds => {
    const nodes = ['var:a', 'op:f', 'var:b', 'op:g', 'var:c'].map(id => node(id));
    const pairs: [string, string][] = [
      ['var:a', 'op:f'],
      ['op:f', 'var:b'],
      ['var:b', 'op:g'],
      ['op:g', 'var:c'],
      ['var:b', 'op:f']
    ];
    const edges = pairs.map(pair => edge(...pair));
    return new Folds({ version: 1, width: 1, height: 1, nodes, edges });
  };
  const left = (folds: Folds): string[] => folds.scene().nodes.map(one => one.id);

  it('finds what is beyond a node, in cycles too', () => {
    expect([...ring().beyond('var:b', 'after')].sort()).toEqual(['op:f', 'op:g', 'var:c']);
    expect([...ring().beyond('var:b', 'before')].sort()).toEqual(['op:f', 'var:a']);
    expect(ring().beyond('var:c', 'after').size).toBe(0);
  });

  it('folds sides away and brings them back', () => {
    const folds = ring();
    const seen: number[] = [];
    folds.changed.connect(scene => seen.push(scene.nodes.length));
    folds.toggle('op:g', 'after');
    expect(left(folds)).toEqual(['var:a', 'op:f', 'var:b', 'op:g']);
    expect(folds.scene().nodes.at(-1)?.detail).toBe('2 calls · 1 hidden');
    folds.toggle('op:g', 'before');
    expect(left(folds)).toEqual(['op:g']);
    expect(folds.scene().edges).toEqual([]);
    folds.toggle('op:g', 'after');
    expect(left(folds)).toEqual(['op:g', 'var:c']);
    folds.clear();
    expect(folds.isAny).toBe(false);
    expect(seen).toEqual([4, 1, 2, 5]);
  });

  it('brings back what hides a node, and nothing else', () => {
    const folds = ring();
    folds.toggle('op:g', 'after');
    folds.toggle('op:f', 'before');
    folds.reveal('var:c');
    expect(folds.isFolded('op:g', 'after')).toBe(false);
    expect(folds.isFolded('op:f', 'before')).toBe(true);
  });
});

describe('SearchBox', () => {
  const box = (): [SearchBox, HTMLInputElement, string[]] => {
    const search = new SearchBox(
      ['var:alpha', 'op:fit', 'var:ALSO'].map(id => node(id)),
      plainWords
    );
    const went: string[] = [];
    search.went.connect(id => went.push(id));
    return [search, search.element.querySelector('input')!, went];
  };
  const type = (field: HTMLInputElement, wanted: string): void => {
    field.value = wanted;
    field.dispatchEvent(new Event('input'));
  };
  const press = (field: HTMLInputElement, shiftKey = false): void => {
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', shiftKey, cancelable: true }));
  };

  it('goes from hit to hit, and round', () => {
    const [search, field, went] = box();
    type(field, 'al');
    expect(text(search.element)).toBe('2 found');
    press(field);
    press(field);
    press(field);
    press(field, true);
    expect(went).toEqual(['var:alpha', 'var:ALSO', 'var:alpha', 'var:ALSO']);
    expect(text(search.element)).toBe('2 of 2');
  });

  it('says when nothing is found, and goes nowhere', () => {
    const [search, field, went] = box();
    press(field);
    type(field, 'zzz');
    press(field);
    expect(text(search.element)).toBe('none found');
    type(field, ' ');
    expect(text(search.element)).toBe('');
    type(field, 'f');
    press(field, true);
    expect(went).toEqual(['op:fit']);
  });
});

describe('ReportView', () => {
  beforeEach(() => document.body.replaceChildren());

  const show = (change: Partial<Report> = {}): HTMLElement => {
    document.body.append(...new ReportView(report(change), plainWords).elements);
    return document.body;
  };
  const click = (root: HTMLElement, id: string): Element => {
    const found = [...root.querySelectorAll('.mandala-node')].find(
      one => one.getAttribute('data-id') === id
    );
    found?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    return root.querySelector('.mandala-report-details')!;
  };
  const named = (root: Element, name: string): HTMLButtonElement =>
    [...root.querySelectorAll('button')].find(one => text(one).includes(name))!;

  it('tells what is behind a node', () => {
    const failures = [{ call: 'beef', error: 'ValueError' }];
    const root = show({ ops: [op('op:f', { doc: 'A doc.', failed: 3, failures })] });
    expect(text(root.querySelector('.mandala-report-details'))).toContain('Choose a node');
    const details = text(click(root, 'op:f'));
    for (const part of [
      'A doc.',
      'def f(x): ...',
      'beef ValueError',
      'and 2 earlier ones',
      'm:f'
    ]) {
      expect(details).toContain(part);
    }
    expect(text(click(root, 'var:x'))).toContain('2 more are not shown.');
  });

  it('says that values are not there where they were not exported', () => {
    expect(text(click(show({ hasValues: false }), 'var:x'))).toContain(
      'Values are not part of this file.'
    );
  });

  it('walks, folds and unfolds', () => {
    const root = show();
    const details = click(root, 'op:f');
    named(details, 'Hide what follows (1)').click();
    expect(root.querySelectorAll('.mandala-node')).toHaveLength(2);
    named(root, 'Show everything').click();
    expect(root.querySelectorAll('.mandala-node')).toHaveLength(3);
    named(details, 'y').click();
    expect(text(details)).toContain('variable');
    named(root.querySelector('.mandala-histories')!, 'x').click();
    expect(root.querySelector('.mandala-selected')?.getAttribute('data-id')).toBe('var:x');
  });

  it('leafs through the table', () => {
    const root = show();
    const table = root.querySelector('.mandala-histories')!;
    named(table, 'Later rows').click();
    named(table, 'Later rows').click();
    expect(text(table)).toContain('Rows 101 to 120');
    expect(named(table, 'Later rows').disabled).toBe(true);
    named(table, 'Earlier rows').click();
    expect(text(table.querySelector('tbody'))).toContain('x50');
  });

  it('says what is left out of the table, and when there is none', () => {
    const table = { columns: ['var:x'], rows: [['1']], total: 5, nodes: 3 };
    expect(text(show({ table }))).toContain('The first 1 of 5 rows. 1 of 3 nodes have a column.');
    const none = { columns: [], rows: [], total: 0, nodes: 0 };
    expect(text(show({ table: none }))).toContain('The frame is empty.');
  });

  it('takes every text for text', () => {
    const nodes = [node('op:f', { label: HOSTILE, detail: HOSTILE })];
    const scene = { version: 1, width: 1, height: 1, nodes, edges: [] };
    const failures = [{ call: HOSTILE, error: HOSTILE }];
    const code = [{ id: HOSTILE, seenS: 0, calls: 1, source: HOSTILE }];
    const table = { columns: ['op:f'], rows: [[HOSTILE]], total: 1, nodes: 1 };
    const root = show({
      scene,
      table,
      ops: [op('op:f', { doc: HOSTILE, key: HOSTILE, code, failures })]
    });
    click(root, 'op:f');
    expect(root.querySelectorAll('img, script, iframe')).toHaveLength(0);
    expect(text(root)).toContain(HOSTILE);
  });
});
