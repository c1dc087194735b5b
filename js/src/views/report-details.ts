/*
 * What a report tells of one node: an op with its code and failures, a variable
 * with its values where they were exported, and the ways from it and to it.
 */
import type { SceneIndex } from '../draw/scene-index';
import type { Report, ReportCode, ReportOp, ReportVariable, SceneNode } from '../schema/messages';
import type { Folds } from '../state/folds';
import { SIDES } from '../state/view';
import type { Side } from '../state/view';
import type { Words } from '../state/words';
import { button, codeBlock, fold, html, section } from './dom';
import { duration, moment, shortId } from './format';
import { valueItem } from './preview';

/** What the details need of their surroundings. */
export interface DetailsOptions {
  report: Report;
  index: SceneIndex;
  folds: Folds;
  words: Words;
  onNode: (id: string) => void;
}

/** The page of a node, or what to do to see one. */
export function nodeDetails(id: string, options: DetailsOptions): HTMLElement[] {
  const { report, index, words } = options;
  const node = index.nodes.get(id);
  if (!node) {
    return [html('p', 'mandala-note', words.__('Choose a node to see what is behind it.'))];
  }
  const op = report.ops.find(one => one.node === id);
  const variable = report.variables.find(one => one.node === id);
  const kind = node.kind === 'op' ? words.__('operation') : words.__('variable');
  return [
    html('h3', 'mandala-title', html('span', '', node.label), html('small', '', kind)),
    foldButtons(node, options),
    ...(op ? opParts(op, node, words) : []),
    ...(variable ? variableParts(variable, report.hasValues, words) : []),
    ...ways(node, options)
  ];
}

function foldButtons(node: SceneNode, { folds, words }: DetailsOptions): HTMLElement {
  const labels: Record<Side, [string, string]> = {
    before: [words.__('Hide what leads here'), words.__('Show what leads here')],
    after: [words.__('Hide what follows'), words.__('Show what follows')]
  };
  const buttons = SIDES.map(side => {
    const isFolded = folds.isFolded(node.id, side);
    const count = folds.beyond(node.id, side).size;
    const label = `${labels[side][isFolded ? 1 : 0]} (${count})`;
    const made = button(label, () => folds.toggle(node.id, side));
    made.disabled = count === 0;
    made.dataset.side = side;
    return made;
  });
  return html('div', 'mandala-leaf', ...buttons);
}

function opParts(op: ReportOp, node: SceneNode, words: Words): HTMLElement[] {
  const stats: [string, string][] = [
    [words.__('Calls'), String(op.calls)],
    [words.__('Failed'), String(op.failed)],
    [words.__('Time of calls'), duration(op.tookS)],
    [words.__('Key'), op.key]
  ];
  const parts: HTMLElement[] = [statsList(stats)];
  if (op.doc !== '') {
    parts.push(html('p', 'mandala-doc', op.doc));
  }
  if (op.failures.length > 0) {
    parts.push(section(words.__('Failed calls'), failures(op, words)));
  }
  const code = op.code.map((one, at) => codeFold(one, node.label, at === 0, words));
  return code.length === 0 ? parts : [...parts, section(words.__('Source code'), ...code)];
}

function statsList(stats: [string, string][]): HTMLElement {
  const rows = stats.map(([name, text]) =>
    html('div', '', html('dt', '', name), html('dd', '', text))
  );
  return html('dl', 'mandala-stats', ...rows);
}

function failures(op: ReportOp, words: Words): HTMLElement {
  const items = op.failures.map(one =>
    html('li', '', html('code', 'mandala-id', one.call), ` ${one.error}`)
  );
  const list = html('ul', 'mandala-failures', ...items);
  const left = op.failed - op.failures.length;
  return left > 0 ? html('div', '', list, words.__('and %1 earlier ones', left)) : list;
}

function codeFold(code: ReportCode, name: string, isOpen: boolean, words: Words): HTMLElement {
  const calls = words._n('%1 call', '%1 calls', code.calls);
  const summary = words.__(
    'Version %1, first seen %2, %3',
    shortId(code.id),
    moment(code.seenS),
    calls
  );
  const text = code.source || words.__('The source was not recorded.');
  return fold(
    summary,
    codeBlock(text, words.__('source of %1, version %2', name, shortId(code.id))),
    isOpen
  );
}

function variableParts(variable: ReportVariable, hasValues: boolean, words: Words): HTMLElement[] {
  const count = html('p', '', words._n('%1 value', '%1 values', variable.total));
  if (!hasValues) {
    return [count, html('p', 'mandala-note', words.__('Values are not part of this file.'))];
  }
  const left = variable.total - variable.values.length;
  const rest =
    left > 0 ? [html('p', 'mandala-note', words.__('%1 more are not shown.', left))] : [];
  const items = variable.values.map(row => valueItem(row, words));
  return [count, section(words.__('Values'), ...items, ...rest)];
}

function ways(node: SceneNode, { index, words, onNode }: DetailsOptions): HTMLElement[] {
  const titles = { in: words.__('Comes from'), out: words.__('Goes to') } as const;
  return (['in', 'out'] as const).flatMap(direction => {
    const ids = index
      .neighbours(node.id, direction)
      .filter(id => index.nodes.get(id)?.kind !== 'chip');
    const items = ids.map(id => {
      const link = button(index.nodes.get(id)?.label ?? id, () => onNode(id), 'mandala-link');
      return html('li', '', link);
    });
    return items.length === 0
      ? []
      : [section(titles[direction], html('ul', 'mandala-ways', ...items))];
  });
}
