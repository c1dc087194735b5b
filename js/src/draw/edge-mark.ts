/*
 * EdgeMark: the SVG elements of one edge, made once and updated in place.
 */
import type { SceneEdge } from '../schema/messages';
import { edgeShape } from './curve';
import type { Point } from './curve';
import type { SceneIndex } from './scene-index';
import { setAttributes, setText, svgElement } from './svg';
import { oneLine } from './text';

/** How far a label stands from its line where it stands beside it. */
const BESIDE = 5;

/** The elements of one edge: its line, its arrow head and its label. */
export class EdgeMark {
  readonly element = svgElement('g', { class: 'mandala-edge', 'aria-hidden': 'true' });
  private readonly line = svgElement('path', { class: 'mandala-line' });
  private readonly head = svgElement('path', { class: 'mandala-head' });
  private readonly label = svgElement('text', { class: 'mandala-edge-label' });
  private drawn: SceneEdge | null = null;

  constructor() {
    this.element.append(this.line, this.head, this.label);
  }

  /** Draw an edge; nothing happens when it is the one already drawn. */
  update(edge: SceneEdge, index: SceneIndex): void {
    if (edge === this.drawn) {
      return;
    }
    this.drawn = edge;
    const shape = edgeShape(edge.points, index.isVertical(edge));
    setAttributes(this.element, { 'data-id': edge.id });
    setAttributes(this.line, { d: shape.line });
    setAttributes(this.head, { d: shape.head });
    const aside = this.aside(edge, index, shape.middle);
    setAttributes(this.label, {
      x: shape.middle[0] + aside * BESIDE,
      y: shape.middle[1],
      'data-aside': aside || null
    });
    setText(this.label, isSaidByNode(edge, index) ? '' : oneLine(edge.label));
  }

  /** On which side of its line a label stands: away from an edge that goes back beside it; 0 for on it. */
  private aside(edge: SceneEdge, index: SceneIndex, middle: Point): number {
    const back = index
      .edgesAt(edge.source)
      .find(one => one.source === edge.target && one.target === edge.source);
    if (!back || back === edge || !index.isVertical(edge)) {
      return 0;
    }
    const other = edgeShape(back.points, index.isVertical(back)).middle;
    return Math.sign(middle[0] - other[0]);
  }
}

/** Whether one of the edge's nodes already bears the edge's label. */
function isSaidByNode(edge: SceneEdge, index: SceneIndex): boolean {
  return [edge.source, edge.target].some(id => index.nodes.get(id)?.label === edge.label);
}
