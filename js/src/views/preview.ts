/*
 * A bounded look at a value: a table's head, an array's measures, or text.
 */
import type { ValuePreview, ValueRow } from '../schema/messages';
import type { Words } from '../state/words';
import { codeBlock, html } from './dom';
import type { Child } from './dom';
import { shortId } from './format';

/** One value with its name, its type and a look at it. */
export function valueItem(row: ValueRow, words: Words): HTMLElement {
  const id = html('code', 'mandala-id', shortId(row.cid));
  id.title = words.__('content id %1\nhistory id %2', row.cid, row.hid);
  return html(
    'div',
    'mandala-value',
    html(
      'div',
      'mandala-value-head',
      html('span', 'mandala-value-name', row.name),
      html('span', 'mandala-type', typeLine(row.preview)),
      id
    ),
    ...lookAt(row, words)
  );
}

function typeLine(preview: ValuePreview): string {
  const shape = preview.shape.length > 0 ? ` ${preview.shape.join(' × ')}` : '';
  return `${preview.typeName}${shape}${preview.dtype ? ` ${preview.dtype}` : ''}`;
}

function lookAt(row: ValueRow, words: Words): Child[] {
  const { preview } = row;
  switch (preview.kind) {
    case 'missing':
      return [
        html(
          'p',
          'mandala-note',
          preview.text ||
            words.__('The value is no longer in the store. Run the call again to get it.')
        )
      ];
    case 'table':
      return [headTable(preview, words)];
    case 'array':
      return [statsList(preview), ...textBlock(preview, row.name, words)];
    case 'text':
      return textBlock(preview, row.name, words);
  }
}

function textBlock(preview: ValuePreview, name: string, words: Words): Child[] {
  const parts: Child[] = [];
  if (preview.text !== '') {
    parts.push(codeBlock(preview.text, words.__('value of %1', name)));
  }
  if (preview.truncated) {
    parts.push(html('p', 'mandala-note', words.__('Shortened: only the beginning is shown.')));
  }
  return parts;
}

function statsList(preview: ValuePreview): Child {
  const list = html('dl', 'mandala-stats');
  for (const [name, value] of Object.entries(preview.stats)) {
    list.append(html('div', '', html('dt', '', name), html('dd', '', value)));
  }
  return list;
}

function headTable(preview: ValuePreview, words: Words): HTMLElement {
  const head = html('tr', '', ...preview.columns.map(name => headCell(name)));
  const body = preview.rows.map(row => html('tr', '', ...row.map(cell => html('td', '', cell))));
  const table = html('table', 'mandala-table', html('thead', '', head), html('tbody', '', ...body));
  const frame = html('div', 'mandala-scroll', table);
  frame.tabIndex = 0;
  frame.setAttribute('role', 'group');
  frame.setAttribute('aria-label', words.__('first rows'));
  const parts: Child[] = [frame];
  const total = preview.shape[0] ?? preview.rows.length;
  if (total > preview.rows.length) {
    const shown = words.__('First %1 of %2 rows.', preview.rows.length, total);
    parts.push(html('p', 'mandala-note', shown));
  }
  return html('div', '', ...parts);
}

function headCell(name: string): HTMLElement {
  if (name === '') {
    return html('td'); // the corner above the index heads nothing
  }
  const cell = html('th', '', name);
  cell.scope = 'col';
  return cell;
}
