/*
 * The MIME renderer for frames: a static picture at once, also in a saved and
 * untrusted notebook without a kernel; where the output names a live widget, the
 * widget takes its place once it has really drawn.
 */
import { MimeModel } from '@jupyterlab/rendermime';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import { SCENE_MIME } from '../schema/messages';
import { readScene } from '../state/check';
import type { Words } from '../state/words';
import { cellHeight } from '../views/cell';
import { html } from '../views/dom';
import { GraphView } from '../views/graph-view';

const WIDGET_MIME = 'application/vnd.jupyter.widget-view+json';
/** Better than that of the widget renderer (-10), which shows an error without a kernel. */
export const RENDERER_RANK = -20;

/** Draws one frame output. */
export class FrameRenderer extends Panel implements IRenderMime.IRenderer {
  private readonly root = html('div', 'mandala mandala-cell');
  private readonly picture = new Widget({ node: html('div', 'mandala-output') });
  private graph: GraphView | null = null;
  private liveHost: Panel | null = null;
  private observer: MutationObserver | null = null;
  private model: IRenderMime.IMimeModel | null = null;

  constructor(private readonly words: Words) {
    super();
    this.picture.node.append(this.root);
    this.addWidget(this.picture);
  }

  /** Draw a bundle; called again when the output is updated. */
  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    this.draw(model);
    return Promise.resolve();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.observer?.disconnect();
      this.graph?.dispose();
      super.dispose();
    }
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.mountWidget();
  }

  private draw(model: IRenderMime.IMimeModel): void {
    const scene = readScene(model.data[SCENE_MIME]);
    if (scene === null) {
      this.showUnreadable(model);
      return;
    }
    this.graph ??= this.makeGraph();
    this.root.style.height = `${cellHeight(scene)}px`;
    this.graph.scene.update(scene);
    this.mountWidget();
  }

  private makeGraph(): GraphView {
    const { words } = this;
    const name = words.__('Graph of memoized computations');
    const graph = new GraphView({ words, name, place: 'cell' });
    graph.scene.chosen.connect(id => graph.scene.select(id));
    this.root.replaceChildren(graph.element);
    return graph;
  }

  private showUnreadable(model: IRenderMime.IMimeModel): void {
    const told = this.words.__(
      'This output holds a graph in a form that this version of mandala-lab cannot draw. ' +
        'Run the cell again, or install the version that saved it.'
    );
    const text = model.data['text/plain'];
    const spare = html('pre', '', typeof text === 'string' ? text : '');
    this.graph?.dispose();
    this.graph = null;
    this.root.style.height = '';
    this.root.replaceChildren(html('p', 'mandala-note', told), spare);
  }

  /** Draw the live widget beside the picture, out of sight until it is there. */
  private mountWidget(): void {
    const { model } = this;
    const registry = this.isAttached ? registryAround(this) : null;
    const known = registry?.getFactory(WIDGET_MIME) !== undefined;
    const view = model?.trusted === true ? widgetOf(model) : undefined;
    if (this.liveHost !== null || registry === null || !known || view === undefined) {
      return;
    }
    const host = new Panel();
    host.addClass('mandala-live-host');
    host.hide();
    this.liveHost = host;
    this.addWidget(host);
    this.observer = new MutationObserver(() => this.chooseShown(host));
    this.observer.observe(host.node, { childList: true, subtree: true });
    const renderer = registry.createRenderer(WIDGET_MIME);
    host.addWidget(renderer);
    const shown = new MimeModel({ trusted: true, data: { [WIDGET_MIME]: view } });
    renderer.renderModel(shown).catch(() => undefined);
  }

  private chooseShown(host: Panel): void {
    const drawn = host.node.querySelector('.mandala-widget') !== null;
    host.setHidden(!drawn);
    this.picture.setHidden(drawn);
  }
}

/** The live view that a frame's output names in its metadata. */
function widgetOf(model: IRenderMime.IMimeModel): ReadonlyPartialJSONObject | undefined {
  const about = model.metadata[SCENE_MIME] as { widget?: ReadonlyPartialJSONObject } | undefined;
  return about?.widget;
}

/**
 * The registry of the output area that a renderer stands in. It is known by what it
 * has: JupyterLab may hold the class of output areas more than once.
 */
function registryAround(widget: Widget): IRenderMimeRegistry | null {
  for (let parent = widget.parent; parent !== null; parent = parent.parent) {
    const { rendermime } = parent as { rendermime?: IRenderMimeRegistry };
    if (rendermime !== undefined) {
      return rendermime;
    }
  }
  return null;
}

/** The factory to register, with `RENDERER_RANK`. */
export function frameRendererFactory(words: Words): IRenderMime.IRendererFactory {
  return {
    safe: true,
    mimeTypes: [SCENE_MIME],
    createRenderer: () => new FrameRenderer(words)
  };
}
