/*
 * ViewBar: the field that says what the picture shows, why a wish was refused, and what
 * is left out. It filters; the field of a report (search-box.ts) only goes to nodes.
 */
import { svgElement } from '../draw/svg';
import type { FrameStore } from '../state/store';
import type { ViewState } from '../state/view';
import type { Words } from '../state/words';
import { button, html } from './dom';

const FUNNEL = 'M2 3 H14 L9.5 8.5 V13 L6.5 11.5 V8.5 Z';
let made = 0;

/** The field above a picture. */
export class ViewBar {
  readonly element = html('div', 'mandala-view');
  private readonly field = html('input', 'mandala-input');
  private readonly problem = html('p', 'mandala-view-problem');
  private readonly state = html('span');
  private readonly reset: HTMLButtonElement;
  private readonly line: HTMLElement;
  private readonly stops: (() => void)[];
  private applied = '';

  constructor(
    private readonly view: ViewState,
    private readonly store: FrameStore,
    private readonly words: Words
  ) {
    this.reset = button(words.__('Show all'), () => void this.clear(), 'mandala-link');
    this.line = html('p', 'mandala-view-state', this.state, this.reset);
    this.state.setAttribute('role', 'status');
    this.problem.setAttribute('role', 'alert');
    this.problem.id = `mandala-view-problem-${(made += 1)}`;
    this.setUpField();
    const help = helpList(words);
    const row = html('div', 'mandala-view-row', funnel(), this.field, helpButton(help, words));
    // They have room for one line; more lies over the picture, which must not shift.
    const content = html('div', '', this.problem, this.line, help);
    const notes = html('div', 'mandala-view-notes', content);
    this.element.append(row, notes);
    this.stops = [
      view.changed.connect(() => this.update()),
      store.changed.connect(() => this.tell())
    ];
    this.update();
  }

  /** Put the cursor into the field. */
  focus(): void {
    this.field.focus();
  }

  /** Stop listening and take the field away. */
  dispose(): void {
    this.stops.forEach(stop => stop());
    this.element.remove();
  }

  private setUpField(): void {
    const { field, words } = this;
    field.type = 'search';
    field.spellcheck = false;
    field.autocomplete = 'off';
    field.placeholder = words.__('Show only… +model, status:error');
    field.setAttribute('aria-label', words.__('Show only what this selection finds'));
    field.setAttribute('aria-describedby', this.problem.id);
    field.addEventListener('keydown', event => {
      if (event.key === 'Enter') {
        event.preventDefault();
        void this.view.select(field.value);
      } else if (event.key === 'Escape' && field.value !== this.applied) {
        event.preventDefault();
        event.stopPropagation();
        field.value = this.applied;
      }
    });
    field.addEventListener('input', () => {
      if (field.value === '') {
        void this.view.select('');
      }
    });
  }

  private clear(): Promise<void> {
    this.field.value = '';
    this.field.focus();
    const { selected, scene } = this.store;
    const isShown = scene?.nodes.some(node => node.id === selected) === true;
    return this.view.clear(isShown ? selected : '');
  }

  /** Another view is shown, or one was refused: then what was written stays. */
  private update(): void {
    const { view, field } = this;
    const { refusal } = view;
    this.problem.textContent = refusal?.text ?? '';
    this.problem.hidden = refusal === null;
    field.setAttribute('aria-invalid', String(refusal?.ofSelection === true));
    if (refusal === null && view.view.selection !== this.applied) {
      field.value = view.view.selection;
    }
    this.applied = view.view.selection;
    this.tell();
  }

  private tell(): void {
    const { words, store } = this;
    const { selection, opened, folded } = this.view.view;
    // Beside a wish that was refused, say what is shown nevertheless.
    const parts = this.view.refusal !== null && selection !== '' ? [selection] : [];
    if (selection !== '' && store.matched !== null) {
      const total = store.info?.calls;
      parts.push(
        total === undefined
          ? words._n('%1 call', '%1 calls', store.matched)
          : words.__('%1 of %2 calls', store.matched, total)
      );
    }
    if (opened.length > 0) {
      parts.push(words._n('%1 open', '%1 open', opened.length));
    }
    if (folded.length > 0) {
      parts.push(words._n('%1 side hidden', '%1 sides hidden', folded.length));
    }
    const isWhole = selection === '' && parts.length === 0;
    const text = isWhole ? words.__('Everything is shown') : parts.join(' · ');
    if (this.state.textContent !== text) {
      this.state.textContent = text;
    }
    this.reset.hidden = isWhole;
  }
}

function funnel(): SVGSVGElement {
  const icon = svgElement('svg', {
    class: 'mandala-view-icon',
    viewBox: '0 0 16 16',
    width: 14,
    height: 14,
    'aria-hidden': 'true'
  });
  icon.append(svgElement('path', { d: FUNNEL, class: 'mandala-icon-stroke' }));
  return icon;
}

function helpButton(help: HTMLElement, words: Words): HTMLButtonElement {
  const made = button('?', () => show(help.hidden), 'mandala-help-button');
  const show = (isShown: boolean): void => {
    help.hidden = !isShown;
    made.setAttribute('aria-expanded', String(isShown));
  };
  for (const one of [made, help]) {
    one.addEventListener('keydown', event => {
      if (event.key === 'Escape' && !help.hidden) {
        event.preventDefault();
        event.stopPropagation();
        show(false);
        made.focus();
      }
    });
  }
  made.title = words.__('What can be written here');
  made.setAttribute('aria-label', made.title);
  show(false);
  return made;
}

/** What can be written, for those who ask. */
function helpList(words: Words): HTMLElement {
  const lines: [string, string][] = [
    ['model', words.__('this node; * and ? stand for anything')],
    ['+model', words.__('and all that leads to it')],
    ['2+model', words.__('and two steps back')],
    ['model+', words.__('and all that follows')],
    ['status:error', words.__('failed calls; or status:ok')],
    ['op:train*', words.__('operations; or var:, duration:>1s, time:, run:, version:')],
    ['x=3', words.__('values; or <, >, !=')],
    ['a b', words.__('either; a,b is both at once, !a leaves it out')]
  ];
  const list = html('dl', 'mandala-view-help');
  for (const [code, meaning] of lines) {
    list.append(html('dt', '', html('code', '', code)), html('dd', '', meaning));
  }
  return list;
}
