/*
 * Workbench: the graph, what is asked of it, and the inspector, in step with a FrameStore.
 *
 * Shared by the panel and the in-cell widget. Owns no connection: what it needs
 * to know it asks through `ask`.
 */
import type { Place } from '../draw/framing';
import type { Replays } from '../state/replays';
import type { FrameChange, FrameStore } from '../state/store';
import type { Ask } from '../state/transport';
import type { ViewState } from '../state/view';
import type { Words } from '../state/words';
import { html } from './dom';
import { GraphView } from './graph-view';
import { Inspector } from './inspector';
import { NodeActions } from './node-actions';
import { splitter } from './splitter';
import { ViewBar } from './view-bar';

/** What a workbench needs of its surroundings. */
export interface WorkbenchOptions {
  store: FrameStore;
  view: ViewState;
  ask: Ask;
  words: Words;
  /** Where replays are paired; null hides the replay form. */
  replays: Replays | null;
  place: Place;
}

/** Graph, view bar and inspector. */
export class Workbench {
  readonly element = html('div', 'mandala-bench-frame');
  readonly graph: GraphView;
  private readonly bench = html('div', 'mandala-workbench');
  private readonly bar: ViewBar;
  private readonly actions: NodeActions;
  private readonly inspector: Inspector;
  private readonly stops: (() => void)[];

  constructor(private readonly options: WorkbenchOptions) {
    const { store, view, words, place } = options;
    const name = words.__('Graph of memoized computations');
    this.graph = new GraphView({ words, name, place });
    this.bar = new ViewBar(view, store, words);
    this.actions = new NodeActions(view, words);
    this.inspector = new Inspector({
      ask: options.ask,
      words,
      replays: options.replays,
      onClose: () => this.close(),
      actions: this.actions.element
    });
    this.graph.element.prepend(this.bar.element);
    this.bench.append(this.graph.element, splitter(this.bench, words), this.inspector.element);
    this.element.append(this.bench);
    this.stops = [
      this.graph.scene.chosen.connect(id => store.select(id)),
      this.graph.scene.toggled.connect(id => this.toggle(id)),
      view.showing.connect(anchor => this.prepare(anchor)),
      view.changed.connect(() => this.offer()),
      store.changed.connect(change => this.onChange(change)),
      store.selectionChanged.connect(id => this.onSelection(id))
    ];
    this.onChange({ nodes: null });
    this.onSelection(store.selected);
  }

  /** Stop listening and take everything away. */
  dispose(): void {
    this.stops.forEach(stop => stop());
    this.bar.dispose();
    this.graph.dispose();
    this.inspector.dispose();
    this.element.remove();
  }

  private onChange(change: FrameChange): void {
    const { store } = this.options;
    if (store.scene !== null) {
      this.graph.scene.update(store.scene);
      this.offer();
    }
    const { nodes } = this.graph.scene.contents;
    const isOfSelected = (id: string): boolean =>
      id === store.selected || nodes.get(id)?.group === store.selected;
    if (change.nodes === null || [...change.nodes].some(isOfSelected)) {
      this.inspector.refreshSoon();
    }
  }

  private onSelection(id: string): void {
    this.bench.classList.toggle('mandala-inspecting', id !== '');
    this.inspector.showNode(id, this.graph.scene.contents.nodes.get(id));
    this.offer();
    this.graph.scene.select(id);
  }

  /** Another view comes: what was clicked stays where it is; without that, look anew. */
  private prepare(anchor: string): void {
    if (anchor === '') {
      this.graph.scene.startAnew();
    } else {
      this.graph.scene.hold(anchor);
    }
  }

  private toggle(id: string): void {
    const node = this.graph.scene.contents.nodes.get(id);
    if (node && node.kind !== 'chip') {
      void this.options.view.toggleOpen(node.group || id, id);
    }
  }

  /** Offer what can be done now, and say why there is nothing to see. */
  private offer(): void {
    const { store, view, words } = this.options;
    const { contents } = this.graph.scene;
    this.actions.update(store.selected, contents);
    const isEmpty = contents.nodes.size === 0 && view.view.selection !== '';
    this.graph.tell(isEmpty ? words.__('Nothing that is recorded matches.') : '');
  }

  private close(): void {
    const { store } = this.options;
    const { selected } = store;
    store.select('');
    this.graph.scene.focusNode(selected);
  }
}
