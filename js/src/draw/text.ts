/*
 * Text that fits: measuring, and shortening in the middle. Boxes come from the
 * kernel, which guesses text widths; the browser's fonts have the last word.
 */
import { setAttributes, setText } from './svg';

/** Width of a text in pixels. */
export type Measure = (text: string) => number;

/** The measures of the two lines of a node. */
export interface Typeface {
  label: Measure;
  detail: Measure;
}

/** The style sheet sets the same fonts. */
const FONT = 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif';
const ELLIPSIS = '…';
/** Upper bound for the mean width of a character, in em, where nothing can be measured. */
const GUESS_EM = 0.62;
/** Above this share of the room the width is pinned, should the guess be off. */
const PINNED_SHARE = 0.9;

let typeface: Typeface | undefined;
let context: CanvasRenderingContext2D | null | undefined;

/** A measure for a CSS font; falls back to a guess where there is no canvas. */
export function measureFor(font: string, sizePx: number): Measure {
  const known = new Map<string, number>();
  const canvas = canvasContext();
  return text => {
    let width = known.get(text);
    if (width === undefined) {
      width = canvas
        ? measureWith(canvas, font, text)
        : Array.from(text).length * GUESS_EM * sizePx;
      known.set(text, width);
    }
    return width;
  };
}

/** The measures for node texts, made once. */
export function labelTypeface(): Typeface {
  typeface ??= {
    label: measureFor(`600 12px ${FONT}`, 12),
    detail: measureFor(`11px ${FONT}`, 11)
  };
  return typeface;
}

function canvasContext(): CanvasRenderingContext2D | null {
  if (context === undefined) {
    try {
      context = document.createElement('canvas').getContext('2d');
    } catch {
      context = null;
    }
  }
  return context;
}

function measureWith(canvas: CanvasRenderingContext2D, font: string, text: string): number {
  canvas.font = font;
  return canvas.measureText(text).width;
}

/** Which part of a text goes first when it is too long. */
export type Cut = 'middle' | 'end';

/** The longest form of `text` that fits: whole, or without its middle or end. */
export function shorten(text: string, room: number, measure: Measure, cut: Cut): string {
  if (measure(text) <= room) {
    return text;
  }
  const letters = Array.from(text);
  let low = 0;
  let high = letters.length - 1;
  while (low < high) {
    const kept = Math.ceil((low + high) / 2);
    if (measure(cutTo(letters, kept, cut)) <= room) {
      low = kept;
    } else {
      high = kept - 1;
    }
  }
  return cutTo(letters, low, cut);
}

function cutTo(letters: readonly string[], kept: number, cut: Cut): string {
  const head = cut === 'end' ? kept : Math.ceil(kept / 2);
  const tail = kept - head;
  return letters.slice(0, head).join('') + ELLIPSIS + (tail ? letters.slice(-tail).join('') : '');
}

/** A text that is longer than its room by up to so much is set narrower before any of it is left out. */
const NARROWED = 1.3;

/** Write a text into a text element so that it takes at most `room` pixels. */
export function fitText(
  element: SVGTextElement,
  text: string,
  room: number,
  measure: Measure,
  cut: Cut
): void {
  const line = oneLine(text);
  const fitted = measure(line) <= room * NARROWED ? line : shorten(line, room, measure, cut);
  const width = measure(fitted);
  setText(element, fitted);
  const pinned = fitted !== '' && width > room * PINNED_SHARE;
  setAttributes(element, {
    textLength: pinned ? Math.min(width, room).toFixed(1) : null,
    lengthAdjust: pinned ? 'spacingAndGlyphs' : null
  });
}

/** Control characters and line breaks become spaces: a label is one line. Marks that reorder it show as such. */
export function oneLine(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
    .trim();
}
