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
  /** Variables by the chips that stand for them. */
  private readonly chips: ReadonlyMap<string, string>;
  private readonly touching = new Map<string, SceneEdge[]>();
  private readonly spans = new Map<string, Rect>();

  constructor(readonly scene: Scene) {
    this.nodes = new Map(scene.nodes.map(node => [node.id, node]));
    const chips = scene.nodes.filter(node => node.kind === 'chip');
    this.chips = new Map(chips.map(chip => [chip.id, chip.group]));
    for (const edge of scene.edges) {
      this.touch(edge.source, edge);
      const variable = this.chips.get(edge.source);
      if (variable !== undefined) {
        this.touch(variable, edge);
      }
      if (edge.target !== edge.source) {
        this.touch(edge.target, edge);
      }
      this.spans.set(edge.id, spanOf(edge));
    }
  }

  /** What all nodes lie in. */
  get extent(): Rect {
    return this.scene.nodes.reduce<Rect>(around, this.scene.nodes[0] ?? { x: 0, y: 0, w: 0, h: 0 });
  }

  /** The edges at a node; at a variable, those at its chips too. */
  edgesAt(id: string): readonly SceneEdge[] {
    return this.touching.get(id) ?? [];
  }

  /** What a node stands for: a chip for its variable, any other for itself. */
  meaning(id: string): string {
    return this.chips.get(id) ?? id;
  }

  /**
   * The ids of the nodes one edge away, in the given direction. A chip and its variable
   * are both next to who takes it, and follow each other.
   */
  neighbours(id: string, direction: 'in' | 'out' | 'both' = 'both'): string[] {
    const found = new Set<string>();
    const chip = this.chips.get(id);
    if (chip !== undefined && direction !== 'out') {
      found.add(chip);
    }
    for (const edge of this.edgesAt(id)) {
      const source = this.meaning(edge.source);
      if ((edge.source === id || source === id) && direction !== 'in') {
        found.add(edge.target).add(edge.source);
      }
      if (edge.target === id && direction !== 'out') {
        found.add(edge.source).add(source);
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

function around(a: Rect, b: Rect): Rect {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return { x, y, w: Math.max(a.x + a.w, b.x + b.w) - x, h: Math.max(a.y + a.h, b.y + b.h) - y };
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
