/*
 * HistoryTable: the joint histories of a report, a page of rows at a time.
 */
import type { ReportTable } from '../schema/messages';
import { Signal } from '../state/signal';
import type { Words } from '../state/words';
import { button, html } from './dom';

const PAGE = 50;

/** A table with buttons to leaf through it. */
export class HistoryTable {
  readonly element = html('div', 'mandala-histories');
  /** Somebody chose the node of a column. */
  readonly chosen = new Signal<string>();
  private readonly body = html('tbody');
  private readonly place = html('span', 'mandala-number');
  private readonly back: HTMLButtonElement;
  private readonly on: HTMLButtonElement;
  private first = 0;

  constructor(
    private readonly table: ReportTable,
    nameOf: (id: string) => string,
    private readonly words: Words
  ) {
    this.back = button(words.__('Earlier rows'), () => this.show(this.first - PAGE));
    this.on = button(words.__('Later rows'), () => this.show(this.first + PAGE));
    this.place.setAttribute('role', 'status');
    const head = html('tr', '', ...table.columns.map(id => this.head(id, nameOf(id))));
    const grid = html('table', 'mandala-table', html('thead', '', head), this.body);
    const frame = html('div', 'mandala-scroll', grid);
    frame.tabIndex = 0;
    frame.setAttribute('role', 'group');
    frame.setAttribute('aria-label', words.__('Table of joint histories'));
    const tools = html('div', 'mandala-leaf', this.back, this.on, this.place);
    this.element.append(...this.notes(), tools, frame);
    this.show(0);
  }

  private head(id: string, name: string): HTMLElement {
    const cell = html(
      'th',
      '',
      button(name, () => this.chosen.emit(id), 'mandala-link')
    );
    cell.scope = 'col';
    return cell;
  }

  private notes(): HTMLElement[] {
    const { words, table } = this;
    const parts: string[] = [];
    if (table.rows.length < table.total) {
      parts.push(words.__('The first %1 of %2 rows.', table.rows.length, table.total));
    }
    if (table.columns.length < table.nodes) {
      parts.push(words.__('%1 of %2 nodes have a column.', table.columns.length, table.nodes));
    }
    return parts.length === 0 ? [] : [html('p', 'mandala-note', parts.join(' '))];
  }

  private show(first: number): void {
    const { rows } = this.table;
    this.first = Math.max(0, Math.min(first, rows.length - 1));
    const page = rows.slice(this.first, this.first + PAGE);
    this.body.replaceChildren(
      ...page.map(row => html('tr', '', ...row.map(cell => html('td', '', cell))))
    );
    const last = this.first + page.length;
    this.place.textContent = this.words.__('Rows %1 to %2', page.length && this.first + 1, last);
    this.back.disabled = this.first === 0;
    this.on.disabled = last >= rows.length;
  }
}
