/*
 * ReportView: a report as a page: search, graph with details beside it, table.
 */
import { SceneIndex } from '../draw/scene-index';
import { readingOrder } from '../draw/walk';
import type { Report } from '../schema/messages';
import { Folds } from '../state/folds';
import { FrameStore } from '../state/store';
import type { Words } from '../state/words';
import { button, html } from './dom';
import { GraphView } from './graph-view';
import { HistoryTable } from './history-table';
import { nodeDetails } from './report-details';
import { SearchBox } from './search-box';
import { splitter } from './splitter';

/** Everything of a report but its head. */
export class ReportView {
  readonly elements: HTMLElement[];
  private readonly store = new FrameStore();
  private readonly index: SceneIndex;
  private readonly folds: Folds;
  private readonly graph: GraphView;
  private readonly search: SearchBox;
  private readonly details = html('section', 'mandala-inspector mandala-report-details');
  private readonly bench = html('div', 'mandala-workbench mandala-inspecting');
  private readonly unfold: HTMLButtonElement;

  constructor(
    private readonly report: Report,
    private readonly words: Words
  ) {
    this.index = new SceneIndex(report.scene);
    this.folds = new Folds(report.scene);
    const place = 'cell';
    this.graph = new GraphView({ words, name: words.__('Graph of memoized computations'), place });
    const order = readingOrder(this.index);
    this.search = new SearchBox(
      order.flatMap(id => this.index.nodes.get(id) ?? []).filter(node => node.kind !== 'chip'),
      words
    );
    this.unfold = button(words.__('Show everything'), () => this.folds.clear());
    this.elements = [this.graphPart(), this.tablePart()];
    this.connect();
  }

  private graphPart(): HTMLElement {
    const { words } = this;
    const hint = words.__('Drag to move, Ctrl with the wheel to zoom, arrow keys to walk.');
    const tools = html('div', 'mandala-report-tools', this.search.element, this.unfold);
    tools.append(html('span', 'mandala-note', hint));
    const { bench } = this;
    this.details.setAttribute('aria-label', words.__('Details of the chosen node'));
    this.details.tabIndex = 0;
    bench.append(this.graph.element, splitter(bench, words), this.details);
    const frame = html('div', 'mandala-bench-frame', bench);
    return part(words.__('Graph'), tools, frame);
  }

  private tablePart(): HTMLElement {
    const { words, report } = this;
    if (report.table.columns.length === 0) {
      return part(words.__('Table'), html('p', 'mandala-note', words.__('The frame is empty.')));
    }
    const nameOf = (id: string): string => this.index.nodes.get(id)?.label ?? id;
    const table = new HistoryTable(report.table, nameOf, words);
    table.chosen.connect(id => this.go(id));
    return part(words.__('Table'), table.element);
  }

  private connect(): void {
    const { store } = this;
    this.graph.scene.chosen.connect(id => store.select(id));
    this.search.went.connect(id => this.go(id));
    store.changed.connect(() => this.draw());
    store.selectionChanged.connect(id => {
      this.graph.scene.select(id);
      this.showDetails();
      this.details.scrollTop = 0;
    });
    this.folds.changed.connect(scene => {
      const side = focusedSide();
      this.graph.scene.hold(store.selected);
      store.recall({ scene, store: null });
      this.showDetails();
      this.details.querySelector<HTMLElement>(`[data-side="${side}"]`)?.focus();
    });
    store.recall({ scene: this.folds.scene(), store: null });
    this.showDetails();
  }

  private draw(): void {
    if (this.store.scene !== null) {
      this.graph.scene.update(this.store.scene);
    }
    this.unfold.hidden = !this.folds.isAny;
  }

  /** Show a node, wherever it is folded away. */
  private go(id: string): void {
    this.folds.reveal(id);
    this.store.select(id);
    this.graph.scene.select(id);
  }

  private showDetails(): void {
    const { report, index, folds, words } = this;
    const onNode = (id: string): void => this.go(id);
    const parts = nodeDetails(this.store.selected, { report, index, folds, words, onNode });
    this.details.replaceChildren(...parts);
    this.bench.classList.toggle('mandala-resting', this.store.selected === '');
  }
}

/** The side whose button has the focus, '' for none. */
function focusedSide(): string {
  const { activeElement } = document;
  return activeElement instanceof HTMLElement ? (activeElement.dataset.side ?? '') : '';
}

function part(title: string, ...content: HTMLElement[]): HTMLElement {
  const made = html('section', 'mandala-report-part', html('h2', '', title), ...content);
  made.setAttribute('aria-label', title);
  return made;
}
