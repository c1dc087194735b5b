/*
 * Marks: the elements that stand for a scene. A keyed join: one mark per id, updated
 * in place, only for what is near the view.
 */
import type { Scene } from '../schema/messages';
import type { Words } from '../state/words';
import { EdgeMark } from './edge-mark';
import { NodeMark } from './node-mark';
import { contains } from './scene-index';
import type { Rect, SceneIndex } from './scene-index';
import { setAttributes, svgElement } from './svg';
import { labelTypeface } from './text';

/** The nodes that are marked out: selected, and where the keyboard stands; '' for none. */
export interface Outstanding {
  selected: string;
  roving: string;
}

const NOWHERE: Rect = { x: 0, y: 0, w: 0, h: 0 };
const EVERYWHERE: Rect = { x: -1e9, y: -1e9, w: 2e9, h: 2e9 };
/** Up to this many nodes everything is kept in the document. */
const ALL_KEPT = 400;

/** The drawn part of a scene. */
export class Marks {
  /** What the marks lie in. */
  readonly world = svgElement('g', { class: 'mandala-world' });

  private readonly edgeLayer = svgElement('g');
  private readonly nodeLayer = svgElement('g');
  private readonly nodes = new Map<string, NodeMark>();
  private readonly edges = new Map<string, EdgeMark>();
  private drawn: Rect = NOWHERE;

  constructor(private readonly words: Words) {
    this.world.append(this.edgeLayer, this.nodeLayer);
  }

  /** Draw what of a scene lies in an area; a small scene whole. */
  join(index: SceneIndex, area: Rect, outstanding: Outstanding): void {
    const all = index.scene.nodes.length <= ALL_KEPT;
    this.drawn = all ? EVERYWHERE : area;
    this.joinNodes(all ? index.scene.nodes : index.nodesIn(area), outstanding);
    this.joinEdges(all ? index.scene.edges : index.edgesIn(area), index);
  }

  /** Whether all that lies in an area is drawn. */
  cover(area: Rect): boolean {
    return contains(this.drawn, area);
  }

  /** Focus a node. */
  focus(id: string): void {
    this.nodes.get(id)?.element.focus({ preventScroll: true });
  }

  /** Bring out a node, '' for none, with its edges and who is next to it. */
  bringOut(id: string, index: SceneIndex): void {
    const nodes = new Set(id === '' ? [] : [id, ...index.neighbours(id)]);
    const edges = new Set(id === '' ? [] : index.edgesAt(id).map(edge => edge.id));
    for (const [one, mark] of this.nodes) {
      mark.element.classList.toggle('mandala-near', nodes.has(one));
    }
    for (const [one, mark] of this.edges) {
      mark.element.classList.toggle('mandala-near', edges.has(one));
    }
  }

  private joinNodes(nodes: Scene['nodes'], { selected, roving }: Outstanding): void {
    dropOthers(this.nodes, new Set(nodes.map(node => node.id)));
    for (const node of nodes) {
      let mark = this.nodes.get(node.id);
      if (!mark) {
        mark = new NodeMark(this.words, labelTypeface());
        this.nodes.set(node.id, mark);
        this.nodeLayer.append(mark.element);
      }
      mark.update(node);
      const isSelected = node.id === selected;
      mark.element.classList.toggle('mandala-selected', isSelected);
      const isWithin = node.group !== '' && node.group === selected;
      mark.element.classList.toggle('mandala-within', isWithin);
      setAttributes(mark.element, {
        tabindex: node.id === roving ? 0 : -1,
        'aria-current': isSelected ? 'true' : null
      });
    }
  }

  private joinEdges(edges: Scene['edges'], index: SceneIndex): void {
    dropOthers(this.edges, new Set(edges.map(edge => edge.id)));
    for (const edge of edges) {
      let mark = this.edges.get(edge.id);
      if (!mark) {
        mark = new EdgeMark();
        this.edges.set(edge.id, mark);
        this.edgeLayer.append(mark.element);
      }
      mark.update(edge, index);
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
