/*
 * GraphView: the picture with its buttons and its legend.
 */
import { SceneView } from '../draw/scene-view';
import type { SceneViewOptions } from '../draw/scene-view';
import { glyphIcon, STATUSES, statusMeaning, statusWord } from '../draw/status';
import { svgElement } from '../draw/svg';
import type { Words } from '../state/words';
import { button, html } from './dom';

const ICONS = {
  fit: 'M2 6V2h4 M10 2h4v4 M14 10v4h-4 M6 14H2v-4',
  in: 'M3 8h10 M8 3v10',
  out: 'M3 8h10'
} as const;

/** The picture with its tool bar and legend. */
export class GraphView {
  readonly element = html('div', 'mandala-graph');
  readonly scene: SceneView;
  private readonly note = html('p', 'mandala-canvas-note');

  constructor(options: SceneViewOptions) {
    const { words } = options;
    this.scene = new SceneView(options);
    const tools = html(
      'div',
      'mandala-tools',
      iconButton('fit', words.__('Show the whole graph (0)'), () => this.scene.fit()),
      iconButton('in', words.__('Zoom in (+)'), () => this.scene.zoom(1)),
      iconButton('out', words.__('Zoom out (-)'), () => this.scene.zoom(-1))
    );
    tools.setAttribute('role', 'group');
    tools.setAttribute('aria-label', words.__('View'));
    this.note.hidden = true;
    const canvas = html('div', 'mandala-canvas', this.scene.element, this.note);
    const foot = html('div', 'mandala-foot', legend(words), tools);
    this.element.append(canvas, foot);
  }

  /** Say something in the place of a picture, '' for nothing. */
  tell(text: string): void {
    this.note.textContent = text;
    this.note.hidden = text === '';
  }

  /** Take the picture away. */
  dispose(): void {
    this.scene.dispose();
    this.element.remove();
  }
}

function legend(words: Words): HTMLElement {
  const list = html('ul', 'mandala-legend');
  list.setAttribute('aria-label', words.__('Legend'));
  for (const status of STATUSES) {
    const item = html('li', '', glyphIcon(status), statusWord(status, words));
    item.title = statusMeaning(status, words);
    list.append(item);
  }
  return list;
}

function iconButton(
  icon: keyof typeof ICONS,
  label: string,
  onClick: () => void
): HTMLButtonElement {
  const element = button('', onClick, 'mandala-icon-button');
  const drawing = svgElement('svg', {
    viewBox: '0 0 16 16',
    width: 16,
    height: 16,
    'aria-hidden': 'true'
  });
  drawing.append(svgElement('path', { d: ICONS[icon], class: 'mandala-icon-stroke' }));
  element.append(drawing);
  element.title = label;
  element.setAttribute('aria-label', label);
  return element;
}
