/*
 * Workbench: the graph and the inspector, kept in step with a FrameStore.
 *
 * Shared by the panel and the in-cell widget. Owns no connection: what it needs
 * to know it asks through `ask`.
 */
import type { Place } from '../draw/scene-view';
import type { Replays } from '../state/replays';
import type { FrameChange, FrameStore } from '../state/store';
import type { Ask } from '../state/transport';
import type { Words } from '../state/words';
import { html } from './dom';
import { GraphView } from './graph-view';
import { Inspector } from './inspector';
import { splitter } from './splitter';

/** What a workbench needs of its surroundings. */
export interface WorkbenchOptions {
  store: FrameStore;
  ask: Ask;
  words: Words;
  /** Where replays are paired; null hides the replay form. */
  replays: Replays | null;
  place: Place;
}

/** Graph and inspector. */
export class Workbench {
  readonly element = html('div', 'mandala-bench-frame');
  readonly graph: GraphView;
  private readonly bench = html('div', 'mandala-workbench');
  private readonly inspector: Inspector;
  private readonly stops: (() => void)[];

  constructor(private readonly options: WorkbenchOptions) {
    const { store, words, place } = options;
    const name = words.__('Graph of memoized computations');
    this.graph = new GraphView({ words, name, place });
    this.inspector = new Inspector({
      ask: options.ask,
      words,
      replays: options.replays,
      onClose: () => this.close()
    });
    this.bench.append(this.graph.element, splitter(this.bench, words), this.inspector.element);
    this.element.append(this.bench);
    this.stops = [
      this.graph.scene.chosen.connect(id => store.select(id)),
      store.changed.connect(change => this.onChange(change)),
      store.selectionChanged.connect(id => this.onSelection(id))
    ];
    this.onChange({ nodes: null });
    this.onSelection(store.selected);
  }

  /** Stop listening and take everything away. */
  dispose(): void {
    this.stops.forEach(stop => stop());
    this.graph.dispose();
    this.inspector.dispose();
    this.element.remove();
  }

  private onChange(change: FrameChange): void {
    const { store } = this.options;
    if (store.scene !== null) {
      this.graph.scene.update(store.scene);
    }
    if (change.nodes === null || change.nodes.has(store.selected)) {
      this.inspector.refreshSoon();
    }
  }

  private onSelection(id: string): void {
    this.bench.classList.toggle('mandala-inspecting', id !== '');
    this.inspector.showNode(id);
    this.graph.scene.select(id);
  }

  private close(): void {
    const { store } = this.options;
    const { selected } = store;
    store.select('');
    this.graph.scene.focusNode(selected);
  }
}
