/*
 * Folds: which sides of which nodes of a page without a kernel are folded away, and the
 * scene that is left, closed up. Pure data; the buttons are views'.
 */
import type { Scene, SceneEdge } from '../schema/messages';
import { compact } from './compact';
import { Signal } from './signal';
import type { Side } from './view';

/** Sides of nodes that are folded away. */
export class Folds {
  /** Another part of the scene is left. */
  readonly changed = new Signal<Scene>();
  private readonly next: Record<Side, Map<string, string[]>>;
  /** Variables by the chips that stand for them. */
  private readonly chips: ReadonlyMap<string, string>;
  private readonly folded = new Map<string, Set<Side>>();

  constructor(private readonly whole: Scene) {
    // What follows from a variable follows from its chips, which are no nodes of their own.
    const chips = whole.nodes.filter(node => node.kind === 'chip');
    this.chips = new Map(chips.map(chip => [chip.id, chip.group]));
    const source = (edge: SceneEdge): string => this.chips.get(edge.source) ?? edge.source;
    this.next = {
      before: grouped(whole.edges, edge => [edge.target, source(edge)]),
      after: grouped(whole.edges, edge => [source(edge), edge.target])
    };
  }

  /** Whether a side of a node is folded away. */
  isFolded(id: string, side: Side): boolean {
    return this.folded.get(id)?.has(side) ?? false;
  }

  /** The nodes on a side of a node, however far; not the node itself. */
  beyond(id: string, side: Side): Set<string> {
    const found = new Set([id]);
    const left = [id];
    for (let here = left.pop(); here !== undefined; here = left.pop()) {
      for (const next of this.next[side].get(here) ?? []) {
        if (!found.has(next)) {
          found.add(next);
          left.push(next);
        }
      }
    }
    found.delete(id);
    return found;
  }

  /** Fold a side of a node away, or bring it back. */
  toggle(id: string, side: Side): void {
    const sides = this.folded.get(id) ?? new Set();
    this.folded.set(id, sides);
    if (!sides.delete(side)) {
      sides.add(side);
    }
    this.changed.emit(this.scene());
  }

  /** Bring back whatever hides a node. */
  reveal(id: string): void {
    let isHidden = false;
    for (const [node, sides] of this.folded) {
      for (const side of [...sides]) {
        if (this.beyond(node, side).has(id)) {
          sides.delete(side);
          isHidden = true;
        }
      }
    }
    if (isHidden) {
      this.changed.emit(this.scene());
    }
  }

  /** Bring everything back. */
  clear(): void {
    this.folded.clear();
    this.changed.emit(this.whole);
  }

  /** Whether anything is folded away. */
  get isAny(): boolean {
    return [...this.folded.values()].some(sides => sides.size > 0);
  }

  /** What is left of the scene; a node beside a fold says how much is hidden. */
  scene(): Scene {
    const hidden = new Set<string>();
    const counts = new Map<string, number>();
    for (const [id, sides] of this.folded) {
      const beyond = new Set([...sides].flatMap(side => [...this.beyond(id, side)]));
      beyond.forEach(one => hidden.add(one));
      counts.set(id, beyond.size);
    }
    for (const { source, target } of this.whole.edges) {
      const chip = this.chips.get(source);
      if (chip !== undefined && (hidden.has(chip) || hidden.has(target))) {
        hidden.add(source);
      }
    }
    const nodes = this.whole.nodes.filter(node => !hidden.has(node.id));
    const edges = this.whole.edges.filter(e => !hidden.has(e.source) && !hidden.has(e.target));
    const told = nodes.map(node => {
      const count = counts.get(node.id) ?? 0;
      return count === 0 ? node : { ...node, detail: `${node.detail} · ${count} hidden` };
    });
    const left = { ...this.whole, nodes: told, edges };
    return hidden.size === 0 ? left : compact(left);
  }
}

function grouped(
  edges: readonly SceneEdge[],
  pair: (edge: SceneEdge) => [string, string]
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const edge of edges) {
    const [from, to] = pair(edge);
    const known = found.get(from);
    if (known) {
      known.push(to);
    } else {
      found.set(from, [to]);
    }
  }
  return found;
}
