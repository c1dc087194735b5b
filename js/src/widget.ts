/*
 * The in-cell widget (an anywidget module): graph and inspector of one frame.
 *
 * Synced traits: `scene` (a Scene) and `selected` (a node id, '' for none).
 * Requests and replies travel as custom messages. No replay in cells.
 */
import { readScene } from './state/check';
import { FrameStore } from './state/store';
import { askOver } from './state/transport';
import { plainWords } from './state/words';
import { ViewState } from './state/view';
import { WidgetTransport } from './transport/anywidget';
import type { WidgetModel } from './transport/anywidget';
import { cellHeight } from './views/cell';
import { html } from './views/dom';
import { Workbench } from './views/workbench';

/** What anywidget hands to `render`. */
export interface RenderProps {
  model: WidgetModel;
  el: HTMLElement;
}

/** Draw the widget into `el`; returns the function that takes it away. */
function render({ model, el }: RenderProps): () => void {
  const store = new FrameStore();
  const transport = new WidgetTransport(model);
  const root = html('div', 'mandala mandala-cell mandala-widget');
  const view = new ViewState(async (wanted, onShow) => {
    const { scene, matched } = await askOver<'frame.get'>(transport, {
      type: 'frame.get',
      view: wanted
    });
    onShow();
    store.recall({ scene, store: null, matched });
  });
  const workbench = new Workbench({
    store,
    view,
    ask: request => askOver(transport, request),
    words: plainWords,
    replays: null,
    place: 'cell'
  });
  const stopSyncing = syncTraits(model, store, root);
  root.append(workbench.element);
  el.append(root);
  return () => {
    stopSyncing();
    workbench.dispose();
    transport.dispose();
    root.remove();
  };
}

/** Keep the traits and the store in step, both ways; returns the function that stops it. */
function syncTraits(model: WidgetModel, store: FrameStore, root: HTMLElement): () => void {
  const takeScene = (): void => {
    const scene = readScene(model.get('scene'));
    if (scene !== null) {
      store.recall({ scene, store: null });
      root.style.height = `${cellHeight(scene)}px`;
    }
  };
  const takeSelection = (): void => {
    const selected = model.get('selected');
    store.select(typeof selected === 'string' ? selected : '');
  };
  const stopTelling = store.selectionChanged.connect(id => {
    if (model.get('selected') !== id) {
      model.set('selected', id);
      model.save_changes();
    }
  });
  model.on('change:scene', takeScene);
  model.on('change:selected', takeSelection);
  takeScene();
  takeSelection();
  return () => {
    model.off('change:scene', takeScene);
    model.off('change:selected', takeSelection);
    stopTelling();
  };
}

export default { render };
