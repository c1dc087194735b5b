/*
 * How a status looks and what it is called. A status is told by its glyph, its
 * word and its border; colour only repeats it.
 */
import type { SceneNode } from '../schema/messages';
import type { Words } from '../state/words';
import { setAttributes, svgElement } from './svg';

/** What happened to a node in this session. */
export type Status = SceneNode['status'];

/** All statuses, in the order of the legend. */
export const STATUSES: readonly Status[] = ['computed', 'cached', 'error', 'earlier'];

/** Side of a glyph, in pixels at zoom 1. */
export const GLYPH_SIZE = 14;

/** Strokes in a box of 14 x 14; a closed shape is filled by the style sheet. */
const GLYPHS: Record<Status, string> = {
  computed: 'M2.5 7.5 L5.8 10.8 L11.5 3.5',
  cached: 'M8 1.2 L3.2 8 L6.6 8 L5.8 12.8 L10.8 5.8 L7.4 5.8 Z',
  error: 'M3.2 3.2 L10.8 10.8 M10.8 3.2 L3.2 10.8',
  earlier: 'M7 2 A5 5 0 1 0 7 12 A5 5 0 1 0 7 2 Z M7 4.4 L7 7 L8.9 8.4'
};

/** The word for a status. */
export function statusWord(status: Status, words: Words): string {
  switch (status) {
    case 'computed':
      return words.__('computed');
    case 'cached':
      return words.__('cached');
    case 'error':
      return words.__('error');
    case 'earlier':
      return words.__('earlier');
  }
}

/** One sentence on what a status means, for tooltips. */
export function statusMeaning(status: Status, words: Words): string {
  switch (status) {
    case 'computed':
      return words.__('Computed in this session');
    case 'cached':
      return words.__('Served from the store in this session, without running');
    case 'error':
      return words.__('Raised an error in this session');
    case 'earlier':
      return words.__('Known from earlier sessions');
  }
}

/** Make the glyph of a status as a path element. */
export function glyphPath(status: Status): SVGPathElement {
  const path = svgElement('path', { 'aria-hidden': 'true' });
  updateGlyph(path, status);
  return path;
}

/** Turn a glyph into that of another status. */
export function updateGlyph(path: SVGPathElement, status: Status): void {
  setAttributes(path, { class: `mandala-glyph mandala-glyph-${status}`, d: GLYPHS[status] });
}

/** Make a stand-alone glyph, for lists and legends. */
export function glyphIcon(status: Status): SVGSVGElement {
  const size = GLYPH_SIZE;
  const icon = svgElement('svg', {
    class: 'mandala-glyph-icon',
    viewBox: `0 0 ${size} ${size}`,
    width: size,
    height: size,
    'aria-hidden': 'true'
  });
  icon.append(glyphPath(status));
  return icon;
}
