import { MimeModel, RenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { nullTranslator } from '@jupyterlab/translation';
import { Panel, Widget } from '@lumino/widgets';
import { beforeEach, describe, expect, it } from 'vitest';
import { frameRendererFactory, RENDERER_RANK } from '../src/lab/mime';
import { SCENE_MIME } from '../src/schema/messages';
import { chain, HOSTILE, node, settle } from './samples';

/** What an output area is to a renderer: a panel that has the registry. */
class OutputArea extends Panel {
  constructor(readonly rendermime: RenderMimeRegistry) {
    super();
  }
}

const WIDGET_MIME = 'application/vnd.jupyter.widget-view+json';
const words = nullTranslator.load('mandala_lab');

describe('the MIME renderer', () => {
  const live = { [SCENE_MIME]: { widget: { model_id: 'm' } } };
  const bundle = (data: Record<string, unknown>, trusted = true): MimeModel =>
    new MimeModel({ trusted, data: data as never, metadata: live });
  const area = (registry: RenderMimeRegistry): Panel => {
    const made = new OutputArea(registry);
    Widget.attach(made, document.body);
    return made;
  };
  /** What the widget renderer does: draw, or say that it cannot. */
  const widgetFactory = (draw: (host: Widget) => void): IRenderMime.IRendererFactory => ({
    safe: false,
    mimeTypes: [WIDGET_MIME],
    createRenderer: () => {
      const renderer = new Widget() as IRenderMime.IRenderer;
      renderer.renderModel = () => {
        draw(renderer);
        return Promise.resolve();
      };
      return renderer;
    }
  });
  const makeRegistry = (): RenderMimeRegistry => {
    const registry = new RenderMimeRegistry();
    registry.addFactory(frameRendererFactory(words), RENDERER_RANK);
    return registry;
  };
  const full = { [SCENE_MIME]: chain(), 'text/plain': 'Frame' };
  const isHidden = (output: Panel, place: string): boolean =>
    output.node.querySelector(place)!.classList.contains('lm-mod-hidden');
  beforeEach(() => document.body.replaceChildren());

  it('is preferred, with and without trust', () => {
    const registry = makeRegistry();
    registry.addFactory(
      widgetFactory(() => undefined),
      -10
    );
    expect(registry.preferredMimeType(full as never, 'any')).toBe(SCENE_MIME);
    expect(registry.preferredMimeType(full as never, 'ensure')).toBe(SCENE_MIME);
  });

  it('draws an untrusted frame at once, as text, and mounts no widget', async () => {
    const registry = makeRegistry();
    let mounted = 0;
    registry.addFactory(
      widgetFactory(() => (mounted += 1)),
      -10
    );
    const output = area(registry);
    const renderer = registry.createRenderer(SCENE_MIME);
    const scene = { ...chain(), nodes: [node('var:x', { label: HOSTILE, w: 5000 })], edges: [] };
    await renderer.renderModel(bundle({ ...full, [SCENE_MIME]: scene }, false));
    output.addWidget(renderer);
    expect(output.node.querySelector('.mandala-label')?.textContent).toBe(HOSTILE);
    expect(output.node.querySelector('img, script')).toBeNull();
    expect(mounted).toBe(0);
  });

  it('gives way to the widget once it has drawn, and comes back when it goes', async () => {
    const registry = makeRegistry();
    let live: Widget | null = null;
    registry.addFactory(
      widgetFactory(host => (live = host)),
      -10
    );
    const output = area(registry);
    const renderer = registry.createRenderer(SCENE_MIME);
    await renderer.renderModel(bundle(full));
    output.addWidget(renderer);
    expect(isHidden(output, '.mandala-live-host')).toBe(true);
    const drawn = document.createElement('div');
    drawn.className = 'mandala-widget';
    live!.node.append(drawn);
    await settle();
    expect(isHidden(output, '.mandala-live-host')).toBe(false);
    expect(isHidden(output, '.mandala-output')).toBe(true);
    drawn.remove();
    await settle();
    expect(isHidden(output, '.mandala-live-host')).toBe(true);
    expect(isHidden(output, '.mandala-output')).toBe(false);
  });

  it('stays when the widget cannot be displayed', async () => {
    const registry = makeRegistry();
    registry.addFactory(
      widgetFactory(host => (host.node.textContent = 'Error displaying widget: model not found')),
      -10
    );
    const output = area(registry);
    const renderer = registry.createRenderer(SCENE_MIME);
    await renderer.renderModel(bundle(full));
    output.addWidget(renderer);
    await settle();
    expect(isHidden(output, '.mandala-live-host')).toBe(true);
    expect(isHidden(output, '.mandala-output')).toBe(false);
  });

  it('says so when it cannot read the frame, and recovers', async () => {
    const renderer = makeRegistry().createRenderer(SCENE_MIME);
    await renderer.renderModel(bundle({ [SCENE_MIME]: { version: 99 }, 'text/plain': 'Frame(3)' }));
    expect(renderer.node.textContent).toContain('cannot draw');
    expect(renderer.node.textContent).toContain('Frame(3)');
    await renderer.renderModel(bundle(full));
    expect(renderer.node.querySelectorAll('.mandala-node')).toHaveLength(3);
  });
});
