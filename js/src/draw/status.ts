/*
 * How a status looks and what it is called. A status is told by its glyph, its
 * word and its border; colour only repeats it.
 */
import { GLYPHS } from '../schema/messages';
import type { SceneNode } from '../schema/messages';
import type { Words } from '../state/words';
import { setAttributes, svgElement } from './svg';

/** What happened to a node in this session. */
export type Status = SceneNode['status'];

/** All statuses, in the order of the legend. */
export const STATUSES: readonly Status[] = ['computed', 'cached', 'error', 'earlier'];

/** Side of a glyph, in pixels at zoom 1. */
export const GLYPH_SIZE = 14;

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
