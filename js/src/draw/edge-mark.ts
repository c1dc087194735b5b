/*
 * EdgeMark: the SVG elements of one edge, made once and updated in place.
 */
import type { SceneEdge } from '../schema/messages';
import { edgeShape } from './curve';
import type { SceneIndex } from './scene-index';
import { setAttributes, setText, svgElement } from './svg';
import { oneLine } from './text';

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
    setAttributes(this.label, { x: shape.middle[0], y: shape.middle[1] });
    setText(this.label, isSaidByNode(edge, index) ? '' : oneLine(edge.label));
  }
}

/** Whether one of the edge's nodes already bears the edge's label. */
function isSaidByNode(edge: SceneEdge, index: SceneIndex): boolean {
  return [edge.source, edge.target].some(id => index.nodes.get(id)?.label === edge.label);
}
