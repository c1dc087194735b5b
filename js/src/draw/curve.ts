/*
 * From the route of an edge to a smooth curve with an arrow head. Pure geometry.
 *
 * Along the flow (downwards or sideways) the curve is a monotone cubic, so that
 * it never swings past its route into a neighbouring box.
 */

/** A place in the scene: x, y. */
export type Point = readonly [number, number];

/** What an edge looks like: two path data strings and where its label goes. */
export interface EdgeShape {
  line: string;
  head: string;
  middle: Point;
}

const HEAD_LENGTH = 8;
const HEAD_HALF_WIDTH = 3.6;
/** Length of a control arm as a share of its stretch; 1/3 is exact, more is rounder. */
const ARM = 0.42;

/** The shape of an edge whose flow is `vertical` or horizontal. */
export function edgeShape(points: readonly Point[], vertical: boolean): EdgeShape {
  const along = (point: Point): number => (vertical ? point[1] : point[0]);
  const across = (point: Point): number => (vertical ? point[0] : point[1]);
  const route = points.map(point => ({ u: along(point), v: across(point) }));
  const toPoint = (u: number, v: number): Point => (vertical ? [v, u] : [u, v]);
  const end = points[points.length - 1] ?? [0, 0];
  const monotone = isMonotone(route);
  const direction = headDirection(points, monotone ? vertical : null);
  const head = arrowHead(end, direction);
  const last = route[route.length - 1];
  if (monotone && last) {
    const sign = Math.sign(last.u - (route[0]?.u ?? 0)) || 1;
    last.u -= sign * HEAD_LENGTH * 0.8;
    return { line: smoothLine(route, toPoint), head, middle: middleOf(points) };
  }
  return { line: straightLine(points, direction), head, middle: middleOf(points) };
}

interface Stop {
  u: number;
  v: number;
}

function isMonotone(route: readonly Stop[]): boolean {
  const steps = route.slice(1).map((stop, i) => stop.u - (route[i]?.u ?? 0));
  const far = Math.abs((route[route.length - 1]?.u ?? 0) - (route[0]?.u ?? 0)) > HEAD_LENGTH * 1.5;
  return far && (steps.every(step => step > 0) || steps.every(step => step < 0));
}

function smoothLine(route: readonly Stop[], toPoint: (u: number, v: number) => Point): string {
  const slopes = slopesOf(route);
  const first = route[0];
  if (!first) {
    return '';
  }
  const parts = [`M${text(toPoint(first.u, first.v))}`];
  for (let i = 1; i < route.length; i += 1) {
    const from = route[i - 1];
    const to = route[i];
    if (from && to) {
      const arm = (to.u - from.u) * ARM;
      const leave = toPoint(from.u + arm, from.v + arm * (slopes[i - 1] ?? 0));
      const arrive = toPoint(to.u - arm, to.v - arm * (slopes[i] ?? 0));
      parts.push(`C${text(leave)} ${text(arrive)} ${text(toPoint(to.u, to.v))}`);
    }
  }
  return parts.join(' ');
}

/** Slope across the flow at each stop: none at the ends, never past a neighbour. */
function slopesOf(route: readonly Stop[]): number[] {
  const secants = route.slice(1).map((stop, i) => {
    const before = route[i] ?? stop;
    return (stop.v - before.v) / (stop.u - before.u || 1);
  });
  return route.map((_, i) => {
    const before = secants[i - 1];
    const after = secants[i];
    if (before === undefined || after === undefined || before * after <= 0) {
      return 0;
    }
    return (2 * before * after) / (before + after);
  });
}

function straightLine(points: readonly Point[], direction: Point): string {
  const end = points[points.length - 1] ?? [0, 0];
  const back = HEAD_LENGTH * 0.8;
  const short: Point = [end[0] - direction[0] * back, end[1] - direction[1] * back];
  return `M${[...points.slice(0, -1), short].map(text).join(' L')}`;
}

function headDirection(points: readonly Point[], vertical: boolean | null): Point {
  const end = points[points.length - 1] ?? [0, 0];
  const before = points[points.length - 2] ?? end;
  const dx = end[0] - before[0];
  const dy = end[1] - before[1];
  if (vertical !== null) {
    return vertical ? [0, Math.sign(dy) || 1] : [Math.sign(dx) || 1, 0];
  }
  const length = Math.hypot(dx, dy) || 1;
  return [dx / length, dy / length];
}

function arrowHead(tip: Point, direction: Point): string {
  const [dx, dy] = direction;
  const baseX = tip[0] - dx * HEAD_LENGTH;
  const baseY = tip[1] - dy * HEAD_LENGTH;
  const left: Point = [baseX - dy * HEAD_HALF_WIDTH, baseY + dx * HEAD_HALF_WIDTH];
  const right: Point = [baseX + dy * HEAD_HALF_WIDTH, baseY - dx * HEAD_HALF_WIDTH];
  return `M${text(tip)} L${text(left)} L${text(right)} Z`;
}

function middleOf(points: readonly Point[]): Point {
  const before = points[Math.floor((points.length - 1) / 2)] ?? [0, 0];
  const after = points[Math.ceil((points.length - 1) / 2)] ?? before;
  return [(before[0] + after[0]) / 2, (before[1] + after[1]) / 2];
}

function text(point: Point): string {
  return `${round(point[0])} ${round(point[1])}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
