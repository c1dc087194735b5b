/*
 * SceneView: an interactive SVG of a scene.
 *
 * Owns the keyed join (one mark per id, updated in place, only for what is near
 * the view), the camera, hover, focus and the keyboard. Does not own what a
 * selection means, nor buttons (views/graph-view.ts).
 */
import type { Scene, SceneNode } from '../schema/messages';
import { Signal } from '../state/signal';
import type { Words } from '../state/words';
import { Camera } from './camera';
import type { Size } from './camera';
import { EdgeMark } from './edge-mark';
import { Gestures } from './gestures';
import { NodeMark } from './node-mark';
import { contains, SceneIndex } from './scene-index';
import type { Rect } from './scene-index';
import { elementsOf, standIn } from './stand-in';
import { setAttributes, svgElement } from './svg';
import { labelTypeface } from './text';
import { nodeTowards, readingOrder } from './walk';
import type { Direction } from './walk';

/** Where a picture stands: a cell is scrolled past, and shows more at once. */
export type Place = 'panel' | 'cell';

/** What the camera follows: the scene as far as it is legible, the whole of it, or the hand. */
type Framing = 'legible' | 'whole' | 'by-hand';

/** How a scene view behaves. */
export interface SceneViewOptions {
  words: Words;
  /** Name of the picture for assistive technology. */
  name: string;
  place: Place;
}

const EMPTY: Scene = { version: 1, width: 0, height: 0, nodes: [], edges: [] };
const NOWHERE: Rect = { x: 0, y: 0, w: 0, h: 0 };
const EVERYWHERE: Rect = { x: -1e9, y: -1e9, w: 2e9, h: 2e9 };
const ZOOM_STEP = 1.25;
/** Below this scale, text is too small to read and is left out. */
const FAR = 0.3;
/** A fit that nobody asked for does not go below this scale. */
const LEAST_LEGIBLE: Record<Place, number> = { panel: 0.55, cell: 0.45 };
/** Up to this many nodes everything is kept in the document. */
const ALL_KEPT = 400;
/** How much around the view is drawn, as a share of its size. */
const MARGIN_SHARE = 0.5;
/** Used until the element has a size of its own. */
const NOMINAL: Size = { width: 320, height: 320 };
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

  private readonly world = svgElement('g', { class: 'mandala-world' });
  private readonly edgeLayer = svgElement('g');
  private readonly nodeLayer = svgElement('g');
  private readonly nodeMarks = new Map<string, NodeMark>();
  private readonly edgeMarks = new Map<string, EdgeMark>();
  private readonly camera = new Camera();
  private readonly gestures: Gestures;
  private readonly resizes: ResizeObserver | null;
  private index = new SceneIndex(EMPTY);
  private view: Size = NOMINAL;
  private framing: Framing = 'legible';
  private selected = '';
  private roving = '';
  private hovered = '';
  private pursued = '';
  private drawn: Rect = NOWHERE;
  private frame = 0;
  private held: SceneNode | null = null;

  constructor(private readonly options: SceneViewOptions) {
    this.element = svgElement('svg', {
      class: 'mandala-scene',
      role: 'graphics-document',
      'aria-roledescription': options.words.__('graph'),
      'aria-label': options.name
    });
    this.world.append(this.edgeLayer, this.nodeLayer);
    this.element.append(this.world);
    this.gestures = new Gestures(
      this.element,
      {
        pan: (dx, dy) => this.moveByHand(() => this.camera.pan(dx, dy)),
        zoom: (factor, at) => this.moveByHand(() => this.camera.zoom(factor, at))
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
    if (this.index.scene.nodes.length === 0) {
      this.framing = 'legible';
    }
    const hadFocus = this.element.contains(document.activeElement);
    const before = this.index.nodes.get(this.roving);
    this.index = new SceneIndex(scene);
    if (!this.index.nodes.has(this.roving)) {
      const next = before ? standIn(this.index, before)?.id : undefined;
      this.roving = next ?? readingOrder(this.index)[0] ?? '';
    }
    this.keepHeld();
    this.refit();
    this.draw();
    if (hadFocus && !this.element.contains(document.activeElement)) {
      this.nodeMarks.get(this.roving)?.element.focus({ preventScroll: true });
    }
  }

  /** Keep a node, or what will stand for it, where it is on the screen at the next update. */
  hold(id: string): void {
    this.held = this.index.nodes.get(id) ?? elementsOf(this.index, id)[0] ?? null;
  }

  /** Look at the next scene as at a new one. */
  startAnew(): void {
    this.framing = 'legible';
  }

  /** Mark a node as selected, '' for none, and bring it into view. */
  select(id: string): void {
    this.selected = id;
    this.pursued = id;
    this.roving = this.index.nodes.has(id) ? id : this.roving;
    this.revealPursued();
    this.draw();
  }

  /** Show the whole scene, however small. */
  fit(): void {
    this.framing = 'whole';
    this.pursued = '';
    this.refit();
    this.draw();
  }

  /** Zoom in (above 0) or out (below 0) by one step. */
  zoom(direction: number): void {
    const middle = { x: this.view.width / 2, y: this.view.height / 2 };
    const factor = direction > 0 ? ZOOM_STEP : 1 / ZOOM_STEP;
    this.moveByHand(() => this.camera.zoom(factor, middle));
  }

  /** Move the keyboard focus to a node. */
  focusNode(id: string): void {
    if (!this.index.nodes.has(id)) {
      return;
    }
    this.roving = id;
    this.pursued = id;
    this.revealPursued();
    this.draw();
    this.nodeMarks.get(id)?.element.focus({ preventScroll: true });
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
    this.framing = 'by-hand';
    this.pursued = '';
    move();
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.look());
  }

  private keepHeld(): void {
    const { held } = this;
    const now = held ? standIn(this.index, held) : null;
    this.held = null;
    if (held && now) {
      const dx = held.x + held.w / 2 - now.x - now.w / 2;
      const dy = held.y + held.h / 2 - now.y - now.h / 2;
      this.framing = 'by-hand';
      this.pursued = '';
      this.camera.pan(dx * this.camera.k, dy * this.camera.k);
    }
  }

  /** Let the camera follow the scene and the view, unless somebody took it over. */
  private refit(): void {
    if (this.framing !== 'by-hand') {
      const { scene } = this.index;
      const least = this.framing === 'legible' ? LEAST_LEGIBLE[this.options.place] : undefined;
      this.camera.fit(scene, this.view, least);
      const rows = { ...this.camera.seen(this.view, 0), x: EVERYWHERE.x, w: EVERYWHERE.w };
      this.camera.centre(this.index.nodesIn(rows), scene, this.view);
      this.revealAny();
      this.revealPursued();
    }
  }

  /** Where the middle of a wide scene is empty, begin with its first node. */
  private revealAny(): void {
    const isEmpty = this.index.nodesIn(this.camera.seen(this.view, 0)).length === 0;
    const first = isEmpty ? this.index.nodes.get(readingOrder(this.index)[0] ?? '') : undefined;
    if (first) {
      this.camera.reveal(first, this.view);
    }
  }

  /** Keep the node that was last asked for in view, until somebody moves away. */
  private revealPursued(): void {
    const node = this.index.nodes.get(this.pursued);
    if (node) {
      this.camera.reveal(node, this.view);
    }
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width === 0 || height === 0) {
      return;
    }
    this.view = { width, height };
    this.refit();
    this.revealPursued();
    this.draw();
  }

  /** Follow the camera; the marks are joined anew only where it leaves what is drawn. */
  private look(): void {
    this.place();
    if (!contains(this.drawn, this.camera.seen(this.view, 0))) {
      this.draw();
    }
  }

  private place(): void {
    setAttributes(this.world, { transform: this.camera.transform });
    this.element.classList.toggle('mandala-far', this.camera.k < FAR);
  }

  private draw(): void {
    this.place();
    const all = this.index.scene.nodes.length <= ALL_KEPT;
    const area = this.camera.seen(this.view, MARGIN_SHARE);
    this.drawn = all ? EVERYWHERE : area;
    this.joinNodes(all ? this.index.scene.nodes : this.index.nodesIn(area));
    this.joinEdges(all ? this.index.scene.edges : this.index.edgesIn(area));
    this.markNear();
  }

  private joinNodes(nodes: Scene['nodes']): void {
    const wanted = new Set(nodes.map(node => node.id));
    dropOthers(this.nodeMarks, wanted);
    for (const node of nodes) {
      let mark = this.nodeMarks.get(node.id);
      if (!mark) {
        mark = new NodeMark(this.options.words, labelTypeface());
        this.nodeMarks.set(node.id, mark);
        this.nodeLayer.append(mark.element);
      }
      mark.update(node);
      const isSelected = node.id === this.selected;
      mark.element.classList.toggle('mandala-selected', isSelected);
      const isWithin = node.group !== '' && node.group === this.selected;
      mark.element.classList.toggle('mandala-within', isWithin);
      setAttributes(mark.element, {
        tabindex: node.id === this.roving ? 0 : -1,
        'aria-current': isSelected ? 'true' : null
      });
    }
  }

  private joinEdges(edges: Scene['edges']): void {
    const wanted = new Set(edges.map(edge => edge.id));
    dropOthers(this.edgeMarks, wanted);
    for (const edge of edges) {
      let mark = this.edgeMarks.get(edge.id);
      if (!mark) {
        mark = new EdgeMark();
        this.edgeMarks.set(edge.id, mark);
        this.edgeLayer.append(mark.element);
      }
      mark.update(edge, this.index);
    }
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
    const near = hovered || this.selected;
    this.element.classList.toggle('mandala-dimmed', hovered !== '');
    const nodes = new Set(near === '' ? [] : [near, ...this.index.neighbours(near)]);
    const edges = new Set(near === '' ? [] : this.index.edgesAt(near).map(edge => edge.id));
    for (const [id, mark] of this.nodeMarks) {
      mark.element.classList.toggle('mandala-near', nodes.has(id));
    }
    for (const [id, mark] of this.edgeMarks) {
      mark.element.classList.toggle('mandala-near', edges.has(id));
    }
  }
}

function dropOthers(marks: Map<string, { element: Element }>, wanted: ReadonlySet<string>): void {
  for (const [id, mark] of marks) {
    if (!wanted.has(id)) {
      mark.element.remove();
      marks.delete(id);
    }
  }
}

function nodeIdOf(target: EventTarget | null): string {
  const element = target instanceof Element ? target.closest('.mandala-node') : null;
  return element?.getAttribute('data-id') ?? '';
}
