/*
 * Closing up a scene from which nodes were taken away: empty rows and columns shrink to
 * the usual gap, and what is left keeps its order and its shape. Pure arithmetic.
 */
import type { Scene } from '../schema/messages';

/** What stays of an empty row or column, in pixels at zoom 1. */
const GAP = 48;
/** Around the whole. */
const MARGIN = 24;

interface Span {
  start: number;
  end: number;
}

/** The scene without the space that nothing stands in. */
export function compact(scene: Scene): Scene {
  const x = closing(scene.nodes.map(node => ({ start: node.x, end: node.x + node.w })));
  const y = closing(scene.nodes.map(node => ({ start: node.y, end: node.y + node.h })));
  const nodes = scene.nodes.map(node => ({ ...node, x: x(node.x), y: y(node.y) }));
  const edges = scene.edges.map(edge => ({
    ...edge,
    points: edge.points.map(([px, py]): [number, number] => [x(px), y(py)])
  }));
  const right = Math.max(0, ...nodes.map(node => node.x + node.w), ...along(edges, 0));
  const bottom = Math.max(0, ...nodes.map(node => node.y + node.h), ...along(edges, 1));
  return { ...scene, nodes, edges, width: right + MARGIN, height: bottom + MARGIN };
}

function along(edges: Scene['edges'], axis: 0 | 1): number[] {
  return edges.map(edge => Math.max(...edge.points.map(point => point[axis])));
}

/** A function that moves a coordinate so that gaps between these spans are small; it never swaps two. */
function closing(spans: readonly Span[]): (at: number) => number {
  const merged = union(spans);
  const moves: { from: number; to: number }[] = [];
  let end = 0;
  for (const { start, end: next } of merged) {
    const last = moves[moves.length - 1];
    const gap = start - (last?.from ?? 0);
    const kept = Math.min(gap, last === undefined ? MARGIN : GAP);
    moves.push({ from: start, to: end + kept });
    end += kept + next - start;
    moves.push({ from: next, to: end });
  }
  return at => interpolated(moves, at);
}

function union(spans: readonly Span[]): Span[] {
  const found: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = found[found.length - 1];
    if (last && span.start <= last.end) {
      last.end = Math.max(last.end, span.end);
    } else {
      found.push({ ...span });
    }
  }
  return found;
}

/** Between two known places by their shares; before the first and after the last by the same shift. */
function interpolated(moves: readonly { from: number; to: number }[], at: number): number {
  const after = moves.findIndex(move => move.from >= at);
  const next = moves[after < 0 ? moves.length - 1 : after];
  const last = after > 0 ? moves[after - 1] : undefined;
  if (!next) {
    return at;
  }
  const span = last ? next.from - last.from : 0;
  if (!last || span === 0) {
    return round(next.to + at - next.from);
  }
  return round(last.to + ((at - last.from) / span) * (next.to - last.to));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
