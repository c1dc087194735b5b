/*
 * SceneIndex: a scene made quick to ask. Who is next to whom, which edges touch
 * a node, what lies in a rectangle. Pure data, rebuilt for each scene.
 */
import type { Scene, SceneEdge, SceneNode } from '../schema/messages';

/** A rectangle in scene coordinates. */
export interface Rect {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** A scene with its look-ups. */
export class SceneIndex {
  readonly nodes: ReadonlyMap<string, SceneNode>;
  private readonly touching = new Map<string, SceneEdge[]>();
  private readonly spans = new Map<string, Rect>();

  constructor(readonly scene: Scene) {
    this.nodes = new Map(scene.nodes.map(node => [node.id, node]));
    for (const edge of scene.edges) {
      this.touch(edge.source, edge);
      if (edge.target !== edge.source) {
        this.touch(edge.target, edge);
      }
      this.spans.set(edge.id, spanOf(edge));
    }
  }

  /** The edges at a node. */
  edgesAt(id: string): readonly SceneEdge[] {
    return this.touching.get(id) ?? [];
  }

  /** The ids of the nodes one edge away, in the given direction. */
  neighbours(id: string, direction: 'in' | 'out' | 'both' = 'both'): string[] {
    const found = new Set<string>();
    for (const edge of this.edgesAt(id)) {
      if (edge.source === id && direction !== 'in') {
        found.add(edge.target);
      }
      if (edge.target === id && direction !== 'out') {
        found.add(edge.source);
      }
    }
    found.delete(id);
    return [...found].filter(one => this.nodes.has(one));
  }

  /** The nodes that a rectangle touches. */
  nodesIn(area: Rect): SceneNode[] {
    return this.scene.nodes.filter(node => overlaps(node, area));
  }

  /** The edges whose extent a rectangle touches. */
  edgesIn(area: Rect): SceneEdge[] {
    return this.scene.edges.filter(edge => {
      const span = this.spans.get(edge.id);
      return span !== undefined && overlaps(span, area);
    });
  }

  /** Whether an edge leaves its source downwards (or upwards) rather than sideways. */
  isVertical(edge: SceneEdge): boolean {
    const source = this.nodes.get(edge.source);
    const start = edge.points[0];
    if (!source || !start) {
      return true;
    }
    const outsideY = Math.min(
      Math.abs(start[1] - source.y),
      Math.abs(start[1] - source.y - source.h)
    );
    const outsideX = Math.min(
      Math.abs(start[0] - source.x),
      Math.abs(start[0] - source.x - source.w)
    );
    return outsideY <= outsideX;
  }

  private touch(id: string, edge: SceneEdge): void {
    const edges = this.touching.get(id);
    if (edges) {
      edges.push(edge);
    } else {
      this.touching.set(id, [edge]);
    }
  }
}

function spanOf(edge: SceneEdge): Rect {
  const xs = edge.points.map(point => point[0]);
  const ys = edge.points.map(point => point[1]);
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return { x, y, w: Math.max(...xs) - x, h: Math.max(...ys) - y };
}

function overlaps(a: Rect, b: Rect): boolean {
  return a.x <= b.x + b.w && b.x <= a.x + a.w && a.y <= b.y + b.h && b.y <= a.y + a.h;
}

/** Whether `inner` lies within `outer`. */
export function contains(outer: Rect, inner: Rect): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.w <= outer.x + outer.w &&
    inner.y + inner.h <= outer.y + outer.h
  );
}
