/*
 * SceneView: an interactive SVG of a scene.
 *
 * Owns hover, focus, the pointer and the keyboard. Does not own what is drawn
 * (marks.ts), from where it is seen (framing.ts), what a selection means, nor
 * buttons (views/graph-view.ts).
 */
import type { Scene } from '../schema/messages';
import { Signal } from '../state/signal';
import type { Words } from '../state/words';
import { Framing } from './framing';
import type { Place } from './framing';
import { Gestures } from './gestures';
import { Marks } from './marks';
import { SceneIndex } from './scene-index';
import { standIn } from './stand-in';
import { setAttributes, svgElement } from './svg';
import { nodeTowards, readingOrder } from './walk';
import type { Direction } from './walk';

/** How a scene view behaves. */
export interface SceneViewOptions {
  words: Words;
  /** Name of the picture for assistive technology. */
  name: string;
  place: Place;
}

const EMPTY: Scene = { version: 1, width: 0, height: 0, nodes: [], edges: [] };
const ZOOM_STEP = 1.25;
/** Below this scale, text is too small to read and is left out. */
const FAR = 0.3;
/** How much around the view is drawn, as a share of its size. */
const MARGIN_SHARE = 0.5;
const ARROWS: Record<string, Direction> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down'
};

/** An interactive picture of a scene. */
export class SceneView {
  readonly element: SVGSVGElement;
  /** Somebody chose a node, or by a chip its variable; '' when they chose the empty ground. */
  readonly chosen = new Signal<string>();
  /** Somebody wants a node open, or closed again. */
  readonly toggled = new Signal<string>();

  private readonly framing: Framing;
  private readonly marks: Marks;
  private readonly gestures: Gestures;
  private readonly resizes: ResizeObserver | null;
  private index = new SceneIndex(EMPTY);
  private selected = '';
  private roving = '';
  private hovered = '';
  private frame = 0;

  constructor(options: SceneViewOptions) {
    this.framing = new Framing(options.place);
    this.marks = new Marks(options.words);
    this.element = svgElement('svg', {
      class: 'mandala-scene',
      role: 'graphics-document',
      'aria-roledescription': options.words.__('graph'),
      'aria-label': options.name
    });
    this.element.append(this.marks.world);
    this.gestures = new Gestures(
      this.element,
      {
        pan: (dx, dy) => this.moveByHand(() => this.framing.camera.pan(dx, dy)),
        zoom: (factor, at) => this.moveByHand(() => this.framing.camera.zoom(factor, at))
      },
      options.place === 'cell' ? 'ctrl' : 'always'
    );
    this.listen();
    this.resizes =
      typeof ResizeObserver === 'undefined' ? null : new ResizeObserver(() => this.resize());
    this.resizes?.observe(this.element);
  }

  /** What is shown. */
  get contents(): SceneIndex {
    return this.index;
  }

  /** Show a scene; what has the same id keeps its elements. */
  update(scene: Scene): void {
    const hadFocus = this.element.contains(document.activeElement);
    const before = this.index.nodes.get(this.roving);
    this.index = new SceneIndex(scene);
    if (!this.index.nodes.has(this.roving)) {
      const next = before ? standIn(this.index, before)?.id : undefined;
      this.roving = next ?? readingOrder(this.index)[0] ?? '';
    }
    this.framing.follow(this.index);
    this.draw();
    if (hadFocus && !this.element.contains(document.activeElement)) {
      this.marks.focus(this.roving);
    }
  }

  /** Keep a node, or what will stand for it, where it is on the screen at the next update. */
  hold(id: string): void {
    this.framing.hold(id);
  }

  /** Look at the next scene as at a new one. */
  startAnew(): void {
    this.framing.startAnew();
  }

  /** Mark a node as selected, '' for none, and bring it into view. */
  select(id: string): void {
    this.selected = id;
    this.roving = this.index.nodes.has(id) ? id : this.roving;
    this.framing.pursue(id);
    this.draw();
  }

  /** Show the whole scene, however small. */
  fit(): void {
    this.framing.showAll();
    this.draw();
  }

  /** Zoom in (above 0) or out (below 0) by one step. */
  zoom(direction: number): void {
    const factor = direction > 0 ? ZOOM_STEP : 1 / ZOOM_STEP;
    this.moveByHand(() => this.framing.camera.zoom(factor, this.framing.middle));
  }

  /** Move the keyboard focus to a node. */
  focusNode(id: string): void {
    if (!this.index.nodes.has(id)) {
      return;
    }
    this.roving = id;
    this.framing.pursue(id);
    this.draw();
    this.marks.focus(id);
  }

  /** Stop listening and take the picture away. */
  dispose(): void {
    cancelAnimationFrame(this.frame);
    this.resizes?.disconnect();
    this.gestures.dispose();
    this.chosen.clear();
    this.toggled.clear();
    this.element.remove();
  }

  private moveByHand(move: () => void): void {
    this.framing.takeOver();
    move();
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.look());
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width > 0 && height > 0) {
      this.framing.resize({ width, height });
      this.draw();
    }
  }

  /** Follow the camera; the marks are joined anew only where it leaves what is drawn. */
  private look(): void {
    this.place();
    if (!this.marks.cover(this.framing.seen())) {
      this.draw();
    }
  }

  private place(): void {
    const { camera } = this.framing;
    setAttributes(this.marks.world, { transform: camera.transform });
    this.element.classList.toggle('mandala-far', camera.k < FAR);
  }

  private draw(): void {
    this.place();
    this.marks.join(this.index, this.framing.seen(MARGIN_SHARE), {
      selected: this.selected,
      roving: this.roving
    });
    this.markNear();
  }

  private listen(): void {
    const { element } = this;
    element.addEventListener('click', event => {
      this.chosen.emit(this.index.meaning(nodeIdOf(event.target)));
    });
    // Not pointerover: a picture that shifts under a pointer at rest brings out nothing.
    element.addEventListener('pointermove', event => this.highlight(nodeIdOf(event.target)));
    element.addEventListener('pointerleave', () => this.highlight(''));
    element.addEventListener('focusin', event => {
      const id = nodeIdOf(event.target);
      this.roving = id || this.roving;
      this.highlight(id);
    });
    element.addEventListener('focusout', () => this.highlight(''));
    element.addEventListener('keydown', event => this.onKey(event));
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.handleKey(event.key)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private handleKey(key: string): boolean {
    const direction = ARROWS[key];
    if (direction) {
      this.focusNode(nodeTowards(this.index, this.roving, direction) ?? this.roving);
      return true;
    }
    switch (key) {
      case 'Enter':
      case ' ':
        this.chosen.emit(this.index.meaning(this.roving));
        return true;
      case 'o':
        this.toggled.emit(this.roving);
        return true;
      case 'Escape':
        this.chosen.emit('');
        return true;
      case 'Home':
        this.focusNode(readingOrder(this.index)[0] ?? '');
        return true;
      case 'End':
        this.focusNode(readingOrder(this.index).pop() ?? '');
        return true;
      case '+':
      case '=':
        this.zoom(1);
        return true;
      case '-':
        this.zoom(-1);
        return true;
      case '0':
        this.fit();
        return true;
      default:
        return false;
    }
  }

  /** Bring out a node with its neighbours, '' for none. */
  private highlight(id: string): void {
    if (id !== this.hovered) {
      this.hovered = id;
      this.markNear();
    }
  }

  /** The rest steps back under the pointer or focus; a mere selection dims nothing. */
  private markNear(): void {
    const hovered = this.index.nodes.has(this.hovered) ? this.hovered : '';
    this.element.classList.toggle('mandala-dimmed', hovered !== '');
    this.marks.bringOut(hovered || this.selected, this.index);
  }
}

function nodeIdOf(target: EventTarget | null): string {
  const element = target instanceof Element ? target.closest('.mandala-node') : null;
  return element?.getAttribute('data-id') ?? '';
}
